using Ahr.Backends.Bytecode;
using Ahr.Importers;
using Ahr.Importers.Onnx;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>What a test needs to know of a model: its types, and whether its answers are random.</summary>
/// <param name="IsDropout">Whether an operation of it drops elements, as in training.</param>
/// <param name="IsBernoulli">Whether an operation of it throws coins.</param>
public sealed record ModelSignature(
    IReadOnlyList<NtirType> Inputs, IReadOnlyList<NtirType> Outputs, bool IsRandom, bool IsDropout, bool IsBernoulli)
{
    private static readonly HashSet<string> s_drawing =
    [
        "bernoulli", "random_normal", "random_normal_like", "random_uniform", "random_uniform_like", "multinomial",
    ];

    /// <summary>That of a model file; one that says nothing when it cannot be imported.</summary>
    /// <exception cref="BackendException">The file cannot be read.</exception>
    public static ModelSignature Read(string path)
    {
        ImportResult result = NbcCompilation.ReadOnnx(path, new OnnxImportOptions { AllowFallback = true });
        return result.Module is { } module ? Of(module) : new ModelSignature([], [], false, false, false);
    }

    /// <summary>That of a module as it was imported.</summary>
    public static ModelSignature Of(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        NtirRegion body = module.Main.Body;
        NtirOp[] ops = [.. body.AllOps()];
        bool isDropout = ops.Any(op => op.Name == "dropout" && Trains(op));
        return new ModelSignature(
            [.. body.Parameters.Select(parameter => parameter.Type)],
            [.. body.Results.Select(result => result.Type)],
            isDropout || ops.Any(op => s_drawing.Contains(op.Name)),
            isDropout,
            ops.Any(op => op.Name == "bernoulli"));
    }

    // A ratio of zero drops nothing, whatever is drawn.
    private static bool Trains(NtirOp op) =>
        op.Operand(2) is { } training && !(training.TryGetConstant(out TensorValue? flag) &&
            flag.Type == ElementType.Bool && flag.Span<byte>()[0] == 0);
}
