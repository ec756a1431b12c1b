using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>What the lowering of loops and scans needs, and calls of other engines; no operator of a model.</summary>
internal static class Control
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        new KernelDescriptor
        {
            Name = "collect_begin",
            Opcode = 0x3000,
            Inputs = [],
            Outputs = ["sequence"],
            Attributes = [new AttributeSpec("dtype", AttributeKind.Int)],
            Traits = KernelTraits.None,
        },
        new KernelDescriptor
        {
            Name = "collect_append",
            Opcode = 0x3001,
            Inputs = ["sequence", "item"],
            Outputs = [],
            Traits = KernelTraits.None,
        },
        new KernelDescriptor
        {
            Name = "collect_end",
            Opcode = 0x3002,
            Inputs = ["sequence"],
            Outputs = ["stacked"],
            Attributes =
            [
                new AttributeSpec("axis", AttributeKind.Int, 0L),
                new AttributeSpec("reverse", AttributeKind.Int, 0L),
                new AttributeSpec("item_shape", AttributeKind.Ints),
            ],
            Traits = KernelTraits.None,
        },
        new KernelDescriptor
        {
            Name = "engine_call",
            Opcode = 0x3010,
            Inputs = ["values..."],
            Outputs = ["values..."],
            Attributes =
            [
                new AttributeSpec("engine", AttributeKind.Text, IsRequired: true),
                new AttributeSpec("model", AttributeKind.Text, IsRequired: true),
                new AttributeSpec("inputs", AttributeKind.Texts, IsRequired: true),
                new AttributeSpec("outputs", AttributeKind.Texts, IsRequired: true),
            ],
            Traits = KernelTraits.None,
        },
    ];
}
