using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Proto;

namespace Ahr.Importers.Onnx.Ops;

/// <summary>Brings a node from one version of its operator to a newer one, or to operations of NTIR.</summary>
internal delegate void NodeRule(NodeDraft node);

/// <summary>A change of an operator's meaning or form.</summary>
/// <param name="Before">The version that brought the change: nodes of older versions need the rule.</param>
/// <param name="How">What the rule does, for the table of operators.</param>
internal sealed record VersionStep(int Before, string How, NodeRule Rule)
{
    /// <summary>In the place of a version: nodes of every version need the rule.</summary>
    public const int Every = int.MaxValue;
}

/// <summary>One operator of ONNX: the versions in which it changed, and how nodes of each become NTIR.</summary>
internal sealed record OnnxOp(string Domain, string Name, int[] Since)
{
    /// <summary>What the newest version is in NTIR.</summary>
    public string NtirName { get; set; } = OnnxNames.ToNtir(Domain, Name) ?? "";

    /// <summary>Oldest first. Each is applied to nodes older than its version.</summary>
    public List<VersionStep> Steps { get; } = [];

    /// <summary>True when a rule makes the operation from others; there is no kernel of this name.</summary>
    public bool IsComposed { get; set; }

    /// <summary>Why this node cannot be imported although the operator is known; null when it can.</summary>
    public Func<NodeProto, int, string?>? Refuses { get; set; }

    /// <summary>The version of the operator that an opset holds; null when it is not in it.</summary>
    public int? VersionIn(long opset)
    {
        int found = Array.FindLastIndex(Since, since => since <= opset);
        return found >= 0 ? Since[found] : null;
    }
}
