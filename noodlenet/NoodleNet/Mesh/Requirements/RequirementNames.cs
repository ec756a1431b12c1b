namespace NoodleNet.Mesh.Requirements;

/// <summary>The names that a requirement may use, and what each may be compared with.</summary>
internal static class RequirementNames
{
    public const string Cpu = "cpu";
    public const string Gpu = "gpu";
    public const string Npu = "npu";
    public const string Memory = "memory";
    public const string Disk = "disk";
    public const string Network = "network";
    public const string Latency = "latency";
    public const string Jitter = "jitter";
    public const string Loss = "loss";
    public const string Node = "node";
    public const string Version = "version";
    public const string Tag = "tag.";

    /// <summary>Names inside <c>on</c>, for a sentence.</summary>
    public const string OfNodes = "cpu, gpu, npu, memory, disk, network, node, version and tag.NAME";

    /// <summary>Names inside <c>qos</c>, for a sentence.</summary>
    public const string OfQos = "interactive, responsive, batch, latency, jitter, loss and network";

    /// <summary>The one spelling of a name; null for no name of a node's resource.</summary>
    public static string? OfNode(string name) => name switch
    {
        "mem" => Memory,
        "net" => Network,
        Cpu or Gpu or Npu or Memory or Disk or Network or Node or Version => name,
        _ => name.StartsWith(Tag, StringComparison.Ordinal) && name.Length > Tag.Length ? name : null,
    };

    public static string? OfWay(string name) => name switch
    {
        "net" => Network,
        Latency or Jitter or Loss or Network => name,
        _ => null,
    };

    public static QosLevel? LevelOf(string word) => word switch
    {
        "interactive" => QosLevel.Interactive,
        "responsive" => QosLevel.Responsive,
        "batch" => QosLevel.Batch,
        _ => null,
    };

    public static bool IsText(string name) =>
        name is Node or Version || name.StartsWith(Tag, StringComparison.Ordinal);

    /// <summary>True for a name that may stand alone.</summary>
    public static bool MayStandAlone(string name) =>
        name is Cpu or Gpu or Npu or Network || name.StartsWith(Tag, StringComparison.Ordinal);

    public static bool Takes(string name, QuantityUnit unit) => name switch
    {
        Cpu or Gpu when unit == QuantityUnit.Percent => true,
        Gpu when unit == QuantityUnit.Bytes => true,
        Cpu or Gpu or Npu => unit == QuantityUnit.Count,
        Memory or Disk => unit is QuantityUnit.Bytes or QuantityUnit.Percent,
        Network => unit == QuantityUnit.Bytes,
        Loss => unit == QuantityUnit.Percent,
        _ => unit == QuantityUnit.Time,
    };

    /// <summary>What a name is compared with, for a sentence.</summary>
    public static string Example(string name) => name switch
    {
        Cpu => "cpu>=4 (cores) or cpu<50% (busy)",
        Gpu => "gpu>=2 (how many), gpu>=8GB (free memory) or gpu<50% (busy)",
        Npu => "npu>=1",
        Memory or Disk => $"{name}>=8GB (free) or {name}>=10% (free)",
        Network => "network>=10MB (a second)",
        Loss => "loss<1%",
        _ => $"{name}<10ms",
    };

    /// <summary>True for a character that needs no quotes.</summary>
    public static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/';
}
