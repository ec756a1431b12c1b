using System.Globalization;
using Nbc.Runtime.Tracing;
using Nbc.Values;

namespace Noodle.Bench.Models;

/// <summary>Where the time of a run goes, by instruction and the shapes that it met.</summary>
internal sealed class KernelProfile : INbcObserver
{
    private const int Shown = 12;

    private readonly Dictionary<string, (long Ticks, int Runs)> _times = new(StringComparer.Ordinal);

    public void Executed(in NbcStep step)
    {
        string shapes = string.Join(" ", step.Inputs.ToArray().Select(value =>
            value is TensorValue tensor ? tensor.ToString() : "-"));
        string key = $"{step.Descriptor.Mnemonic} {shapes}";
        (long ticks, int runs) = _times.GetValueOrDefault(key);
        _times[key] = (ticks + step.Ticks, runs + 1);
    }

    /// <summary>The instructions that took longest.</summary>
    public void WriteText(TextWriter output)
    {
        double all = _times.Values.Sum(time => time.Ticks);
        foreach ((string key, (long ticks, int runs)) in _times.OrderByDescending(pair => pair.Value.Ticks).Take(Shown))
        {
            double ms = ticks * 1e3 / TimeProvider.System.TimestampFrequency;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {ticks / all,6:P1} {ms,9:0.000} ms {runs,5} x {key}"));
        }
    }
}
