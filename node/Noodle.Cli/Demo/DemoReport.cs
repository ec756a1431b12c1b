using System.Globalization;
using Noodle.Cli.Processes;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Demo;

/// <summary>Tells people what the demo does, as it does it.</summary>
/// <param name="output">Where to; null says nothing.</param>
internal sealed class DemoReport(TextWriter? output)
{
    public void Step(string text) => output?.WriteLine($"\n{text}");

    public void Line(string text) => output?.WriteLine($"  {text}");

    public void Nodes(IReadOnlyList<NodeProcess> nodes)
    {
        foreach (NodeProcess node in nodes)
        {
            Line($"{Short(node.Id),-28} {node.Http}");
        }
    }

    public void Answer(NodeProcess asked, InferResult result, long digit, long label, double ms) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"asked {Short(asked.Id)}: a {digit} (written: {label}), by {Short(result.Node)}, engine {result.Engine}, " +
        $"in {ms:0.0} ms; {result.Reason}"));

    public void Load(LoadReport load)
    {
        Line(string.Create(CultureInfo.InvariantCulture,
            $"{load.UnansweredAtKill} requests were unanswered at that moment; the killed node had answered " +
            $"{load.VictimServed}"));
        Line(string.Create(CultureInfo.InvariantCulture,
            $"{load.Sent} sent, {load.Answered} answered, {load.Wrong} wrong, {load.Retried} tried again elsewhere"));
        Line(string.Create(CultureInfo.InvariantCulture,
            $"latency with {DemoLoad.Callers} callers at once: p50 {load.P50Ms:0.0} ms, p99 {load.P99Ms:0.0} ms"));
        Line("answered by engine: " + string.Join(", ", load.Engines.Select(engine => string.Create(
            CultureInfo.InvariantCulture, $"{engine.Key} {engine.Value}"))));
        foreach (string failure in load.Failures)
        {
            Line($"not answered: {failure}");
        }
    }

    public void Model(ModelInfo model) => Line(string.Create(CultureInfo.InvariantCulture,
        $"{model.Name}: {model.SizeBytes / 1024} KiB, loaded on {model.Ready} nodes, checked by SHA-256 " +
        $"{model.Digest[..12]}…"));

    /// <summary>Host and the first digits of the UUID.</summary>
    public static string Short(string id) => id.Length > 24 ? id[..^24] : id;
}
