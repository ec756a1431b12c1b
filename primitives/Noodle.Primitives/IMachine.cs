using System.Diagnostics.CodeAnalysis;

namespace Noodle.Primitives;

/// <summary>
/// A protocol without clock, socket, thread or hidden chance: inputs and time go in, effects come out.
/// </summary>
/// <remarks>
/// The host's order is fixed: one <see cref="Handle"/> or <see cref="HandleDeadline"/>, then every effect, then
/// <see cref="NextDeadline"/>. <c>now</c> never goes back. A machine is owned by one caller at a time.
/// </remarks>
/// <typeparam name="TInput">A message, command or measurement.</typeparam>
/// <typeparam name="TEffect">What the host does for the machine: send, tell, store.</typeparam>
public interface IMachine<TInput, TEffect>
{
    /// <summary>Takes one input.</summary>
    void Handle(in TInput input, Instant now);

    /// <summary>Fires what is due at <paramref name="now"/>; called too early it does nothing.</summary>
    void HandleDeadline(Instant now);

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next; null when nothing is waited for.</summary>
    Instant? NextDeadline { get; }

    /// <summary>Takes the next effect, in the order in which they arose.</summary>
    bool TryTakeEffect([MaybeNullWhen(false)] out TEffect effect);
}
