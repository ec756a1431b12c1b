using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Short forms for the tables of operators in this folder.</summary>
internal static class Declare
{
    public static KernelDescriptor Op(
        ushort opcode, string name, string[] inputs, string[] outputs, params AttributeSpec[] attributes) => new()
        {
            Opcode = opcode,
            Name = name,
            Inputs = inputs,
            Outputs = outputs,
            Attributes = attributes,
        };

    public static AttributeSpec Int(string name) => new(name, AttributeKind.Int);

    public static AttributeSpec Int(string name, long otherwise) => new(name, AttributeKind.Int, otherwise);

    public static AttributeSpec Float(string name) => new(name, AttributeKind.Float);

    public static AttributeSpec Float(string name, double otherwise) => new(name, AttributeKind.Float, otherwise);

    public static AttributeSpec Text(string name) => new(name, AttributeKind.Text);

    public static AttributeSpec Text(string name, string otherwise) => new(name, AttributeKind.Text, otherwise);

    public static AttributeSpec Ints(string name) => new(name, AttributeKind.Ints);

    public static AttributeSpec Floats(string name) => new(name, AttributeKind.Floats);

    public static AttributeSpec Texts(string name) => new(name, AttributeKind.Texts);

    public static AttributeSpec Tensor(string name) => new(name, AttributeKind.Tensor);

    public static AttributeSpec Needed(AttributeSpec spec) => spec with { IsRequired = true };
}
