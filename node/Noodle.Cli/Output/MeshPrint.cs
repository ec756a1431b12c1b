using System.CommandLine;
using System.Globalization;
using Noodle.Cli.CommandLine;
using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>What <c>noodle mesh</c> prints.</summary>
internal static class MeshPrint
{
    public static void Print(ParseResult parsed, MeshInfo mesh)
    {
        if (parsed.IsJson())
        {
            using Stream output = Console.OpenStandardOutput();
            new JsonPrinter(output).Print(mesh, ControlJson.Default.MeshInfo);
            return;
        }

        Print(mesh, TablePrinter.ForConsole(), Console.Out);
    }

    /// <summary>A table of nodes, one of links, and a drawing.</summary>
    internal static void Print(MeshInfo mesh, TablePrinter tables, TextWriter output)
    {
        bool isChoosing = mesh.Nodes.Any(node => node.Reason is not null);
        tables.Print(
            ["node", "rtt", "cpu", "memory free", "disk free", "gpu", "in flight", "believed",
                .. isChoosing ? (string[])["chosen", "why"] : []],
            [.. mesh.Nodes.Select(node => (string[])
            [
                node.Self ? node.Id + " *" : node.Id, Milliseconds(node.RttMs), Percent(node.CpuPercent),
                Share(node.MemoryFreeBytes, node.MemoryTotalBytes), Share(node.DiskFreeBytes, node.DiskTotalBytes),
                Gpus(node.Gpus), Number(node.InFlight), Number(node.LoadConfidence) + "%",
                .. isChoosing ? (string[])[node.Chosen == true ? "yes" : "", node.Reason ?? ""] : [],
            ])]);
        output.WriteLine();
        tables.Print(
            ["from", "to", "rtt", "jitter", "loss", "MB/s", "kind", "age", "believed"],
            [.. mesh.Links.Select(link => new[]
            {
                Short(link.From), Short(link.To), Milliseconds(link.RttMs), Milliseconds(link.JitterMs),
                Percent(link.Loss * 100), link.MbPerS is { } rate ? Rounded(rate) : "",
                link.Via is { } via ? $"{link.Kind} by {Short(via)}" : link.Kind,
                Rounded(link.AgeMs / 1_000.0) + " s", Number(link.Confidence) + "%",
            })]);
        output.WriteLine();
        foreach (string line in MeshDrawing.Draw(mesh))
        {
            output.WriteLine(SafeText.Clean(line));
        }
    }

    /// <summary>The host and eight digits: enough to tell nodes apart.</summary>
    internal static string Short(string node) => node.Length > 24 ? node[..^24] : node;

    internal static string Milliseconds(double? ms) => ms switch
    {
        null => "",
        < 10 => ms.Value.ToString("0.00", CultureInfo.InvariantCulture) + " ms",
        _ => ms.Value.ToString("0", CultureInfo.InvariantCulture) + " ms",
    };

    private static string Percent(double? percent) =>
        percent is { } known ? Rounded(known) + "%" : "";

    private static string Rounded(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Share(long? free, long? total) => free is not { } here ? ""
        : total is { } all ? $"{GiB(here)} of {GiB(all)} GiB" : $"{GiB(here)} GiB";

    private static string GiB(long bytes) => Rounded(bytes / 1_073_741_824.0);

    private static string Gpus(IReadOnlyList<MeshGpuInfo>? gpus) => gpus switch
    {
        null => "",
        [] => "none",
        _ => string.Join(", ", gpus.Select(gpu =>
            $"{gpu.Name} {GiB(gpu.MemoryFreeBytes)} of {GiB(gpu.MemoryTotalBytes)} GiB free")),
    };
}
