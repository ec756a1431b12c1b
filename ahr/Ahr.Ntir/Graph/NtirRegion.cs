using Ahr.Ntir.Types;

namespace Ahr.Ntir.Graph;

/// <summary>A straight line of operations with parameters and results: the body of a function or of control flow.
/// </summary>
/// <remarks>Every operation stands behind those whose results it uses; values of outer regions are seen.</remarks>
public sealed class NtirRegion
{
    private readonly List<NtirValue> _parameters = [];
    private readonly List<NtirOp> _ops = [];
    private readonly List<NtirValue> _results = [];

    internal NtirRegion(NtirOp? owner) => Owner = owner;

    /// <summary>The operation whose region it is; null for the body of a function.</summary>
    public NtirOp? Owner { get; }

    public IReadOnlyList<NtirValue> Parameters => _parameters;

    public IReadOnlyList<NtirOp> Ops => _ops;

    public IReadOnlyList<NtirValue> Results => _results;

    public NtirValue AddParameter(NtirType type, string? name = null)
    {
        NtirValue parameter = new(type, name, null, this, _parameters.Count);
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Takes an unused parameter away; those behind it move up.</summary>
    public void RemoveParameter(int index)
    {
        _parameters.RemoveAt(index);
        for (int i = index; i < _parameters.Count; i++)
        {
            _parameters[i].Index = i;
        }
    }

    public NtirOp Add(NtirOp op) => Insert(_ops.Count, op);

    public NtirOp Insert(int index, NtirOp op)
    {
        ArgumentNullException.ThrowIfNull(op);
        op.Region = this;
        _ops.Insert(index, op);
        return op;
    }

    public int IndexOf(NtirOp op) => _ops.IndexOf(op);

    /// <summary>Puts these operations in the place of all that are here; those left out are taken apart.</summary>
    public void ReplaceOps(IReadOnlyList<NtirOp> ops)
    {
        HashSet<NtirOp> kept = new(ops, ReferenceEqualityComparer.Instance);
        foreach (NtirOp op in _ops.Where(op => !kept.Contains(op)))
        {
            op.DropOperands();
            op.Region = null;
        }

        _ops.Clear();
        foreach (NtirOp op in ops)
        {
            Add(op);
        }
    }

    /// <summary>Walks the operations, those of inner regions first, and puts in their place what is listed for each.
    /// </summary>
    /// <param name="list">Adds what shall stand for an operation, most often itself; gives its changes.</param>
    /// <returns>Changes made; without any the operations stay as they are.</returns>
    internal int Rebuild(Func<NtirOp, List<NtirOp>, int> list)
    {
        int changes = 0;
        List<NtirOp> ops = new(_ops.Count);
        foreach (NtirOp op in _ops)
        {
            changes += op.Regions.Sum(inner => inner.Rebuild(list));
            changes += list(op, ops);
        }

        if (changes > 0)
        {
            ReplaceOps(ops);
        }

        return changes;
    }

    /// <summary>Takes out every operation for which this is true; their results must be unused.</summary>
    public int RemoveOps(Predicate<NtirOp> isRemoved)
    {
        return _ops.RemoveAll(op =>
        {
            if (!isRemoved(op))
            {
                return false;
            }

            op.DropOperands();
            op.Region = null;
            return true;
        });
    }

    public void AddResult(NtirValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _results.Add(value);
        value.AddUse(this, _results.Count - 1);
    }

    public void SetResult(int index, NtirValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _results[index].RemoveUse(this, index);
        _results[index] = value;
        value.AddUse(this, index);
    }

    /// <summary>Every operation here and in the regions inside, outer ones first.</summary>
    public IEnumerable<NtirOp> AllOps()
    {
        foreach (NtirOp op in _ops)
        {
            yield return op;
            foreach (NtirOp inner in op.Regions.SelectMany(region => region.AllOps()))
            {
                yield return inner;
            }
        }
    }

    /// <summary>Hands everything over to an empty region; operations change their region, values stay the same but for
    /// parameters, whose uses move to those of the other region.</summary>
    internal void MoveTo(NtirRegion other)
    {
        foreach (NtirValue parameter in _parameters)
        {
            parameter.ReplaceAllUsesWith(other.AddParameter(parameter.Type, parameter.Name));
        }

        List<NtirOp> ops = [.. _ops];
        List<NtirValue> results = [.. _results];
        for (int i = 0; i < results.Count; i++)
        {
            results[i].RemoveUse(this, i);
        }

        _ops.Clear();
        _results.Clear();
        _parameters.Clear();
        ops.ForEach(op => other.Add(op));
        results.ForEach(other.AddResult);
    }

    internal void DropAll()
    {
        foreach (NtirOp op in _ops)
        {
            op.DropOperands();
        }

        for (int i = 0; i < _results.Count; i++)
        {
            _results[i].RemoveUse(this, i);
        }

        _results.Clear();
        _ops.Clear();
    }
}
