using System.Text;
using System.Text.RegularExpressions;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Whether a string as a whole matches a pattern.</summary>
/// <remarks>
/// Meaning: RE2's syntax, by way of <see cref="Re2Pattern"/>; what .NET's matcher without backtracking lacks is
/// refused.
/// Bound: time linear in the string; a pattern of 64 Ki characters.
/// Source: ONNX operator RegexFullMatch, version 20.
/// </remarks>
internal sealed class RegexFullMatch : Kernel
{
    private const int MaxPattern = 1 << 16;

    private readonly Regex _pattern;

    public RegexFullMatch(KernelAttributes attributes)
    {
        attributes.Require("pattern");
        string pattern = attributes.Text("pattern");
        if (pattern.Length > MaxPattern)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"pattern has {pattern.Length} characters, at most {MaxPattern} are taken");
        }

        try
        {
            _pattern = new Regex(
                $@"\A(?:{Re2Pattern.Translate(pattern)})\z",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or FormatException)
        {
            throw new KernelException(KernelFault.WrongAttribute, $"pattern '{pattern}' is not one: {e.Message}");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Dimensions.CheckType(x, ElementType.String, "X");
        Span<byte> matches = context.Output(0, ElementType.Bool, x.Shape).Span<byte>();
        for (int i = 0; i < matches.Length; i++)
        {
            matches[i] = _pattern.IsMatch(Encoding.UTF8.GetString(x.Strings[i])) ? (byte)1 : (byte)0;
            context.ThrowIfCancelled();
        }
    }
}
