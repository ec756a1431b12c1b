using System.Globalization;
using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Ntir.Passes;

/// <summary>Computes equal things once. Law: the module computes the same.</summary>
/// <remarks>
/// Equal are pure operations with the same name, operands and attributes, and constants with the same bytes (up to
/// <see cref="LargestConstant"/>; larger ones only when they lie in the same place).
/// </remarks>
public sealed class SubexpressionElimination
{
    /// <summary>Unit: bytes.</summary>
    public const int LargestConstant = 4096;

    private readonly Dictionary<NtirValue, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorMemory, int> _memories = new(ReferenceEqualityComparer.Instance);

    /// <returns>Operations that were replaced.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        SubexpressionElimination pass = new();
        return module.Functions.Sum(function =>
            pass.Replace(function.Body, new Dictionary<string, NtirOp>(StringComparer.Ordinal)));
    }

    // What is known outside is known inside; what is found inside is not known outside.
    private int Replace(NtirRegion region, Dictionary<string, NtirOp> known)
    {
        int replaced = 0;
        List<string> mine = [];
        foreach (NtirOp op in region.Ops)
        {
            replaced += op.Regions.Sum(inner => Replace(inner, known));
            if (Key(op) is not { } key)
            {
                continue;
            }

            if (!known.TryGetValue(key, out NtirOp? first))
            {
                known.Add(key, op);
                mine.Add(key);
            }
            else if (op.Results.Any(result => result.IsUsed))
            {
                for (int i = 0; i < op.Results.Count; i++)
                {
                    op.Results[i].ReplaceAllUsesWith(first.Results[i]);
                }

                replaced++;
            }
        }

        mine.ForEach(key => known.Remove(key));
        return replaced;
    }

    private string? Key(NtirOp op)
    {
        bool isConstant = op.Name == NtirOp.ConstantName;
        if (op.Regions.Count > 0 || OpTable.Find(op.Name) is not { } definition || (!isConstant &&
            (definition.IsStructural || !definition.Descriptor.Has(KernelTraits.Pure)
                || definition.Descriptor.Has(KernelTraits.Random))))
        {
            return null;
        }

        StringBuilder key = new(op.Name);
        key.Append('/').Append(op.Results.Count);
        foreach (NtirValue? operand in op.Operands)
        {
            key.Append(CultureInfo.InvariantCulture, $" {(operand is null ? -1 : Number(operand))}");
        }

        foreach ((string name, AttributeValue value) in op.Attributes.All)
        {
            key.Append(CultureInfo.InvariantCulture, $" {name}=");
            Append(key, value);
        }

        return key.ToString();
    }

    private int MemoryNumber(TensorValue tensor)
    {
        if (!_memories.TryGetValue(tensor.Memory!, out int number))
        {
            number = _memories.Count;
            _memories.Add(tensor.Memory!, number);
        }

        return number;
    }

    private int Number(NtirValue value)
    {
        if (!_numbers.TryGetValue(value, out int number))
        {
            number = _numbers.Count;
            _numbers.Add(value, number);
        }

        return number;
    }

    private void Append(StringBuilder key, AttributeValue value)
    {
        key.Append((int)value.Kind).Append(':');
        switch (value.Kind)
        {
            case AttributeKind.Int:
                key.Append(value.Int);
                break;
            case AttributeKind.Float:
                key.Append(BitConverter.DoubleToInt64Bits(value.Float));
                break;
            case AttributeKind.Text:
                key.Append(Convert.ToHexString(value.TextBytes));
                break;
            case AttributeKind.Ints:
                key.AppendJoin(',', value.Ints);
                break;
            case AttributeKind.Floats:
                key.AppendJoin(',', value.Floats.Select(BitConverter.DoubleToInt64Bits));
                break;
            case AttributeKind.Texts:
                key.AppendJoin(',', value.Texts.Select(Convert.ToHexString));
                break;
            case AttributeKind.Tensor:
                Append(key, value.Tensor);
                break;
            default:
                foreach (TensorValue tensor in value.Tensors)
                {
                    Append(key, tensor);
                    key.Append(';');
                }

                break;
        }
    }

    private void Append(StringBuilder key, TensorValue tensor)
    {
        key.Append(tensor);
        if (tensor.Type == Nbc.Tensors.ElementType.String)
        {
            key.AppendJoin(',', tensor.Strings.Select(Convert.ToHexString));
        }
        else if (tensor.ByteCount <= LargestConstant)
        {
            key.Append(Convert.ToHexString(tensor.Bytes()));
        }
        else
        {
            key.Append(CultureInfo.InvariantCulture,
                $"@{tensor.Offset}/{MemoryNumber(tensor)}");
        }
    }
}
