using System.Text;

namespace Ahr.Importers.Onnx;

/// <summary>Names of ONNX domains and operators, and what NTIR calls them.</summary>
public static class OnnxNames
{
    /// <summary>The domain that files write as an empty name.</summary>
    public const string Standard = "ai.onnx";
    public const string MachineLearning = "ai.onnx.ml";
    public const string Microsoft = "com.microsoft";
    public const string PreviewTraining = "ai.onnx.preview.training";

    // Words whose capitals do not begin a word of their own.
    private static readonly (string Onnx, string Word)[] s_words =
    [
        ("CDist", "Cdist"), ("MatMul", "Matmul"), ("NaN", "Nan"), ("PRelu", "Prelu"), ("NBits", "Nbits"),
        ("QLinear", "Qlinear"), ("QGemm", "Qgemm"),
    ];

    /// <summary>The domain under its full name.</summary>
    public static string Domain(string written) => written.Length == 0 ? Standard : written;

    /// <summary>The operation of NTIR with the meaning of an operator's newest version; whether there is such an
    /// operation is another question. Null for a domain that NTIR has no operations of.</summary>
    /// <remarks>Meaning: <c>ReduceL1</c> is <c>reduce_l1</c>, com.microsoft's <c>MatMulNBits</c> is
    /// <c>ms.matmul_nbits</c>.</remarks>
    public static string? ToNtir(string domain, string opType)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(opType);
        return Domain(domain) switch
        {
            Standard => Snake(opType),
            MachineLearning => "ml." + Snake(opType),
            Microsoft => "ms." + Snake(opType),
            PreviewTraining => "training." + Snake(opType),
            _ => null,
        };
    }

    private static string Snake(string opType)
    {
        string name = opType;
        foreach ((string onnx, string word) in s_words)
        {
            name = name.Replace(onnx, word, StringComparison.Ordinal);
        }

        StringBuilder snake = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = i > 0 && char.IsAsciiLetterUpper(name[i])
                && (!char.IsAsciiLetterUpper(name[i - 1])
                    || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1])));
            if (startsWord && name[i - 1] != '_')
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(name[i]));
        }

        return snake.ToString();
    }
}
