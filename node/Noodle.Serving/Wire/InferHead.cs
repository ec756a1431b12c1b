using Nbc.Tensors;

namespace Noodle.Serving.Wire;

/// <summary>The JSON part of an infer request, with the tensors' data still where it lies.</summary>
internal sealed class InferHead
{
    /// <summary>Most inputs, and most requested outputs, of one request.</summary>
    public const int MaxTensors = 1024;

    /// <summary>Most dimensions of a tensor.</summary>
    public const int MaxRank = 64;

    /// <summary>Deepest nesting of <c>data</c>.</summary>
    public const int MaxDataDepth = 100;

    /// <summary>The caller's id as it stood between its quotes, escapes and all; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Id { get; set; }

    /// <summary>Parameter <c>timeout</c>.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Parameter <c>binary_data_output</c>: the form of outputs that name none.</summary>
    public bool BinaryOutputs { get; set; }

    public List<InputHead> Inputs { get; } = [];

    /// <summary>Empty for all outputs.</summary>
    public List<OutputHead> Outputs { get; } = [];

    public bool WantsBinary(string output)
    {
        foreach (OutputHead wanted in Outputs)
        {
            if (string.Equals(wanted.Name, output, StringComparison.Ordinal))
            {
                return wanted.Binary ?? BinaryOutputs;
            }
        }

        return BinaryOutputs;
    }
}

/// <summary>One input as the request describes it.</summary>
/// <param name="Data">Where its JSON data lies in the head; meaningless for a binary input.</param>
/// <param name="BinarySize">Bytes after the head; null for a JSON input.</param>
internal sealed record InputHead(string Name, ElementType Type, long[] Shape, Range Data, int? BinarySize);

/// <summary>One requested output.</summary>
/// <param name="Binary">Its own wish for a form; null when it has none.</param>
internal readonly record struct OutputHead(string Name, bool? Binary);
