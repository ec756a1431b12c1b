using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Nbc.Kernels;

namespace Ahr.Ntir.Ops;

/// <summary>Operations that no kernel runs: constants, control flow, calls, and what another engine runs.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>constant</c>: the tensor in attribute <c>value</c>.</item>
/// <item><c>if</c> (cond): regions then and else without parameters, as many results as the operation.</item>
/// <item><c>loop</c> (trip?, cond?, carried...): one region (iteration, cond, carried...) to (cond, carried...,
/// scanned...); results are carried, then scanned, as in ONNX Loop version 16 and newer.</item>
/// <item><c>scan</c> (state..., scanned...): as ONNX Scan version 9 and newer, with its attributes.</item>
/// <item><c>sequence_map</c> (sequence, more...): one region applied to every item.</item>
/// <item><c>call</c>: the function named by <c>callee</c>.</item>
/// <item><c>fallback</c>: a part of the model that another engine runs; <c>engine</c> names it, <c>model</c> is what
/// it runs, as bytes, <c>inputs</c> and <c>outputs</c> are the names in that model.</item>
/// </list>
/// </remarks>
internal static class StructuralOps
{
    public const string If = "if";
    public const string Loop = "loop";
    public const string Scan = "scan";
    public const string SequenceMap = "sequence_map";
    public const string Call = "call";
    public const string Fallback = "fallback";

    private static readonly string[] s_any = ["values..."];

    public static IEnumerable<OpDefinition> All { get; } =
    [
        Define(NtirOp.ConstantName, [], ["value"], 0, null,
            new AttributeSpec("value", AttributeKind.Tensor, IsRequired: true)),
        Define(If, ["cond"], s_any, 2, null),
        Define(Loop, ["trip_count?", "cond?", "carried..."], s_any, 1, null),
        Define(Scan, s_any, s_any, 1, null,
            new AttributeSpec("num_scan_inputs", AttributeKind.Int, IsRequired: true),
            new AttributeSpec("scan_input_axes", AttributeKind.Ints),
            new AttributeSpec("scan_input_directions", AttributeKind.Ints),
            new AttributeSpec("scan_output_axes", AttributeKind.Ints),
            new AttributeSpec("scan_output_directions", AttributeKind.Ints)),
        Define(SequenceMap, ["sequence", "more..."], s_any, 1, null),
        Define(Call, s_any, s_any, 0, null, new AttributeSpec("callee", AttributeKind.Text, IsRequired: true)),
        Define(Fallback, s_any, s_any, 0, null,
            new AttributeSpec("engine", AttributeKind.Text, IsRequired: true),
            new AttributeSpec("model", AttributeKind.Text, IsRequired: true),
            new AttributeSpec("inputs", AttributeKind.Texts, IsRequired: true),
            new AttributeSpec("outputs", AttributeKind.Texts, IsRequired: true)),
    ];

    private static OpDefinition Define(
        string name,
        string[] inputs,
        string[] outputs,
        int regions,
        InferRule? infer,
        params AttributeSpec[] attributes) => new(
        new KernelDescriptor
        {
            Name = name,
            Opcode = 0,
            Inputs = inputs,
            Outputs = outputs,
            Attributes = attributes,
        },
        infer,
        regions,
        IsStructural: true);
}
