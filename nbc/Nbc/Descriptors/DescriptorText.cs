using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Short forms in which tables of descriptors are written.</summary>
internal static class DescriptorText
{
    /// <param name="inputs">Names divided by blanks, marked as in <see cref="KernelDescriptor.Inputs"/>.</param>
    public static KernelDescriptor Op(
        ushort opcode, string name, string inputs, string outputs, params AttributeSpec[] attributes) => new()
        {
            Opcode = opcode,
            Name = name,
            Inputs = inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Outputs = outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Attributes = attributes,
        };

    public static KernelDescriptor With(this KernelDescriptor descriptor, KernelTraits traits) =>
        descriptor with { Traits = descriptor.Traits | traits };

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

    public static AttributeSpec Required(this AttributeSpec spec) => spec with { IsRequired = true };
}
