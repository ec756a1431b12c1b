using Ahr.Ntir.Graph;

namespace Ahr.Ntir.Passes;

/// <summary>One law of algebra: what an operation may be replaced by.</summary>
/// <param name="Law">As people write it: <c>x * 1 -> x</c>.</param>
/// <param name="Op">The operation it looks at.</param>
/// <param name="Apply">The value that gives the same as the operation's first result; null when the law does not hold
/// here. It may put new operations before the one it looks at, by the builder it is given.</param>
public sealed record Rewrite(string Law, string Op, Func<NtirOp, RewriteBuilder, NtirValue?> Apply);

/// <summary>Takes the operations that a rewrite makes.</summary>
public sealed class RewriteBuilder
{
    private readonly List<NtirOp> _made = [];

    /// <summary>Adds an operation in front of the one that is looked at.</summary>
    public NtirValue Add(NtirOp op)
    {
        ArgumentNullException.ThrowIfNull(op);
        _made.Add(op);
        return op.Result;
    }

    /// <summary>Hands over what was made since the last time.</summary>
    internal List<NtirOp> Take()
    {
        List<NtirOp> made = [.. _made];
        _made.Clear();
        return made;
    }
}
