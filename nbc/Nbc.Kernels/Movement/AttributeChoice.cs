namespace Nbc.Kernels.Movement;

/// <summary>Attributes that are one word of a few.</summary>
internal static class AttributeChoice
{
    /// <summary>Which of the words it is, by its place among them.</summary>
    /// <param name="choices">The first is the default.</param>
    /// <exception cref="KernelException">It is none of them.</exception>
    public static int Choice(this KernelAttributes attributes, string name, params ReadOnlySpan<string> choices)
    {
        string text = attributes.Text(name, choices[0]);
        int chosen = choices.IndexOf(text);
        return chosen >= 0 ? chosen : throw new KernelException(
            KernelFault.WrongAttribute, $"{name} is '{text}', not one of {string.Join(", ", choices.ToArray())}");
    }

    /// <summary>An attribute that must be given.</summary>
    public static void Require(this KernelAttributes attributes, string name)
    {
        if (!attributes.Has(name))
        {
            throw new KernelException(KernelFault.WrongAttribute, $"attribute {name} is missing");
        }
    }
}
