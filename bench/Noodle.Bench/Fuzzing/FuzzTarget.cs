namespace Noodle.Bench.Fuzzing;

/// <summary>Something that takes any bytes and must neither fail, hang, nor take memory without bound.</summary>
/// <param name="Name">What is typed, such as <c>nbc-container</c>.</param>
/// <param name="Seeds">Good inputs that are mutated.</param>
/// <param name="Run">Takes one input; an exception is a finding.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Run);

/// <summary>Every target there is.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [NbcFuzz.Container, NbcFuzz.Text, OnnxFuzz.Model, NtirFuzz.Text, NtirFuzz.Bytes];
}
