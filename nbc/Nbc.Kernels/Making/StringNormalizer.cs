using System.Text;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Strings without the stop words, in one case.</summary>
/// <remarks>
/// Shape: [c] or [1, c]; the result is as much shorter as words go, of one empty string when none is left.
/// Meaning: a whole string is one word. When the comparison ignores case, both sides are folded as
/// case_change_action says, to lower case when it says nothing. The rules are Unicode's own, for every locale.
/// Source: ONNX operator StringNormalizer, version 10.
/// </remarks>
internal sealed class StringNormalizer : Kernel
{
    private const int None = 0, Lower = 1;

    private readonly int _change;
    private readonly bool _isCaseSensitive;
    private readonly HashSet<string> _stopWords;

    public StringNormalizer(KernelAttributes attributes)
    {
        _change = attributes.Choice("case_change_action", "NONE", "LOWER", "UPPER");
        _isCaseSensitive = attributes.Flag("is_case_sensitive");
        _stopWords = new HashSet<string>(
            (attributes.Texts("stopwords") ?? []).Select(word => _isCaseSensitive ? word : Fold(word)),
            StringComparer.Ordinal);
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Dimensions.CheckType(x, ElementType.String, "X");
        if (x.Rank is not (1 or 2) || (x.Rank == 2 && x.Shape[0] != 1))
        {
            throw new KernelException(KernelFault.WrongShape, $"X is {x}, not one row of strings");
        }

        List<byte[]> kept = [];
        foreach (byte[] bytes in x.Strings)
        {
            string word = Encoding.UTF8.GetString(bytes);
            if (!_stopWords.Contains(_isCaseSensitive ? word : Fold(word)))
            {
                kept.Add(_change == None ? bytes : Encoding.UTF8.GetBytes(Fold(word)));
            }
        }

        if (kept.Count == 0)
        {
            kept.Add([]);
        }

        TensorValue y = x.Rank == 1
            ? context.Output(0, ElementType.String, kept.Count)
            : context.Output(0, ElementType.String, 1, kept.Count);
        kept.CopyTo(y.Strings);
    }

    private string Fold(string word) => _change is None or Lower ? word.ToLowerInvariant() : word.ToUpperInvariant();
}
