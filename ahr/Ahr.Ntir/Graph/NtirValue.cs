using System.Diagnostics.CodeAnalysis;
using Ahr.Ntir.Types;
using Nbc.Values;

namespace Ahr.Ntir.Graph;

/// <summary>One use of a value: operand <paramref name="Index"/> of an operation, or of a region's results.</summary>
public readonly record struct NtirUse(object User, int Index);

/// <summary>An SSA value: made once, by an operation or as a region's parameter.</summary>
public sealed class NtirValue
{
    private readonly List<NtirUse> _uses = [];

    internal NtirValue(NtirType type, string? name, NtirOp? producer, NtirRegion? parameterOf, int index)
    {
        Type = type;
        Name = name;
        Producer = producer;
        ParameterOf = parameterOf;
        Index = index;
    }

    public NtirType Type { get; set; }

    /// <summary>As the model names it; for people and for the model's own inputs and outputs.</summary>
    public string? Name { get; set; }

    /// <summary>The operation that makes it; null for a parameter.</summary>
    public NtirOp? Producer { get; }

    /// <summary>The region whose parameter it is; null for a result.</summary>
    public NtirRegion? ParameterOf { get; }

    /// <summary>Its place among the results or parameters.</summary>
    public int Index { get; internal set; }

    /// <summary>Every use, in the order in which they came to be.</summary>
    public IReadOnlyList<NtirUse> Uses => _uses;

    public bool IsUsed => _uses.Count > 0;

    public TensorType? TensorType => Type as TensorType;

    /// <summary>The value's content when its operation is <c>constant</c>.</summary>
    public bool TryGetConstant([NotNullWhen(true)] out TensorValue? constant)
    {
        constant = Producer is { Name: NtirOp.ConstantName } op ? op.Attributes.Tensor("value") : null;
        return constant is not null;
    }

    /// <summary>Lets every user use another value instead.</summary>
    public void ReplaceAllUsesWith(NtirValue other)
    {
        NtirUse[] uses = [.. _uses];
        _uses.Clear(); // letting go one by one would take time with the square of the uses
        foreach (NtirUse use in uses)
        {
            if (use.User is NtirOp op)
            {
                op.SetOperand(use.Index, other);
            }
            else
            {
                ((NtirRegion)use.User).SetResult(use.Index, other);
            }
        }
    }

    internal void AddUse(object user, int index) => _uses.Add(new NtirUse(user, index));

    // From the end: passes take apart last what was made first, or the other way round, and both are common.
    internal void RemoveUse(object user, int index)
    {
        for (int i = _uses.Count - 1; i >= 0; i--)
        {
            if (_uses[i].Index == index && ReferenceEquals(_uses[i].User, user))
            {
                _uses.RemoveAt(i);
                return;
            }
        }
    }

    public override string ToString() => $"%{Name ?? "_"} : {Type}";
}
