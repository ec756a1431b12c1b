using System.Runtime.InteropServices;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Inference;

/// <summary>Gives every value of a module the most exact type that its operands allow.</summary>
/// <remarks>
/// Meaning: one walk in order; bodies of loops are walked again until the types of what they carry no longer change.
/// What operations compute from shapes (Shape, Gather, Concat...) is followed as expressions of the symbols.
/// Where a rule and the model's own declaration contradict each other, the rule is right.
/// Bound: the body of a loop is walked at most <see cref="MostRounds"/> times for each walk of what is around it; then
/// the types of what it carries count as unknown. After <see cref="MostWalks"/> walks of the whole module (loops inside
/// loops multiply) they do so at once. The module has passed the verifier.
/// </remarks>
public sealed class ShapeInference
{
    public const int MostRounds = 4;

    public const int MostWalks = 64;

    /// <summary>Longer lists of sizes are not followed.</summary>
    public const int MostElements = 64;

    private readonly NtirModule _module;
    private readonly Dictionary<NtirValue, IReadOnlyList<Dim>> _contents = [];
    private readonly Dictionary<NtirValue, NtirType> _declared = [];
    private readonly HashSet<string> _called = new(StringComparer.Ordinal);
    private readonly List<NtirFunction> _calling = [];
    private readonly Dictionary<string, Diagnostic> _diagnostics = new(StringComparer.Ordinal);
    private int _branches;

    private readonly long _mostVisits;
    private long _visits;

    private ShapeInference(NtirModule module)
    {
        _module = module;
        _mostVisits = MostWalks * (1L + module.Functions.Sum(function => (long)function.Body.AllOps().Count()));
    }

    /// <summary>True when so much was walked already that loops are no longer tried with exact types.</summary>
    internal bool IsTired => _visits > _mostVisits;

    /// <returns>Operations whose operands can never go together; empty when none.</returns>
    public static IReadOnlyList<Diagnostic> Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        ShapeInference inference = new(module);
        inference.Walk(module.Main.Body);

        return [.. inference._diagnostics.Values];
    }

    /// <summary>Infers, then puts constants in the place of values whose every element is known.</summary>
    internal static int FoldContents(NtirModule module)
    {
        ShapeInference inference = new(module);
        inference.Walk(module.Main.Body);
        return module.Functions.Sum(function => function.Body.Rebuild(inference.FoldContents));
    }

    internal IReadOnlyList<Dim>? ContentsOf(NtirValue value)
    {
        if (_contents.TryGetValue(value, out IReadOnlyList<Dim>? known))
        {
            return known;
        }

        if (value.TryGetConstant(out TensorValue? constant) && Read(constant) is { } read)
        {
            _contents[value] = read;
            return read;
        }

        return null;
    }

    internal NtirModule Module => _module;

    internal void Walk(NtirRegion region)
    {
        foreach (NtirOp op in region.Ops)
        {
            Infer(op);
        }
    }

    /// <summary>Walks a region that may never run: shapes that do not go together there are no fault of the model.
    /// </summary>
    /// <remarks>A model for two sample rates has a branch for each; for given inputs one of them has no legal shapes,
    /// and is never taken. If it were, its kernel would say so.</remarks>
    internal void WalkBranch(NtirRegion region)
    {
        _branches++;
        Walk(region);
        _branches--;
    }

    internal bool IsFirstCall(NtirFunction function) => !_called.Contains(function.Name);

    /// <summary>Walks a called function; one that calls itself is walked once, and the verifier refuses it.</summary>
    internal void EnterCall(NtirFunction function)
    {
        if (_calling.Contains(function))
        {
            return;
        }

        _called.Add(function.Name);
        _calling.Add(function);
        Walk(function.Body);
        _calling.RemoveAt(_calling.Count - 1);
    }

    internal void Note(string where, NtirFault fault, string detail)
    {
        if (_branches > 0 && fault == NtirFault.ShapeMismatch)
        {
            return;
        }

        Diagnostic diagnostic = new(fault, where, detail);
        _diagnostics.TryAdd(diagnostic.ToString(), diagnostic);
    }

    /// <summary>Sets a result's type from what was found and what the model declared.</summary>
    internal void Settle(NtirValue value, NtirType found)
    {
        if (!_declared.TryGetValue(value, out NtirType? declared))
        {
            declared = value.Type;
            _declared.Add(value, declared);
        }

        value.Type = TypeJoin.Both(found, declared);
    }

    private int FoldContents(NtirOp op, List<NtirOp> ops)
    {
        int folded = 0;
        ops.Add(op);
        foreach (NtirValue result in op.Results)
        {
            if (op.Name != NtirOp.ConstantName && _contents.TryGetValue(result, out IReadOnlyList<Dim>? contents) &&
                ShapeFolding.TryFold(result, contents) is { } constant)
            {
                result.ReplaceAllUsesWith(constant.Result);
                ops.Add(constant);
                folded++;
            }
        }

        return folded;
    }

    private void Infer(NtirOp op)
    {
        _visits++;
        OpDefinition? definition = OpTable.Find(op.Name);
        if (definition is { IsStructural: true })
        {
            if (op.Name != NtirOp.ConstantName)
            {
                RegionInference.Infer(this, op);
            }

            return;
        }

        List<Diagnostic> diagnostics = [];
        InferenceContext context = new(op, ContentsOf, diagnostics);
        definition?.Infer?.Invoke(context);
        foreach (Diagnostic diagnostic in diagnostics)
        {
            Note(diagnostic.Where, diagnostic.Fault, diagnostic.Detail);
        }

        for (int i = 0; i < op.Results.Count; i++)
        {
            Settle(op.Results[i], context.Types[i]);
            _contents.Remove(op.Results[i]);
            if (context.Contents[i] is { Count: <= MostElements } contents)
            {
                _contents[op.Results[i]] = contents;
            }
        }
    }

    private static Dim[]? Read(TensorValue constant)
    {
        if (constant.Rank > 1 || constant.Count > MostElements)
        {
            return null;
        }

        return constant.Type switch
        {
            ElementType.Int64 => Dims(constant.Span<long>()),
            ElementType.Int32 => Dims(Widen(constant.Span<int>())),
            _ => null,
        };
    }

    private static Dim[] Dims(ReadOnlySpan<long> numbers)
    {
        Dim[] dims = new Dim[numbers.Length];
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = numbers[i];
        }

        return dims;
    }

    private static ReadOnlySpan<long> Widen(ReadOnlySpan<int> numbers)
    {
        List<long> wide = [];
        foreach (int number in numbers)
        {
            wide.Add(number);
        }

        return CollectionsMarshal.AsSpan(wide);
    }
}
