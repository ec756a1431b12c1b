using Nbc.Tensors;

namespace Nbc.Values;

/// <summary>An ordered list of values of one kind. Its items are its own: add what <see cref="NbcValue.Share"/>
/// gives.</summary>
public sealed class SequenceValue : NbcValue
{
    public SequenceValue(ElementType elementType, params IEnumerable<NbcValue> items)
    {
        ElementType = elementType;
        Items = [.. items];
    }

    /// <summary>Of the tensors in it; what an empty sequence would hold.</summary>
    public ElementType ElementType { get; }

    public List<NbcValue> Items { get; }

    /// <inheritdoc/>
    public override void Release()
    {
        foreach (NbcValue item in Items)
        {
            item.Release();
        }

        Items.Clear();
    }

    /// <inheritdoc/>
    public override NbcValue Share() => new SequenceValue(ElementType, Items.Select(item => item.Share()));
}

/// <summary>A value or nothing.</summary>
public sealed class OptionalValue(NbcValue? content) : NbcValue
{
    /// <summary>Null when empty.</summary>
    public NbcValue? Content { get; private set; } = content;

    /// <inheritdoc/>
    public override void Release()
    {
        Content?.Release();
        Content = null;
    }

    /// <inheritdoc/>
    public override NbcValue Share() => new OptionalValue(Content?.Share());
}

/// <summary>Keys and values, side by side in two tensors of one dimension and equal length.</summary>
public sealed class MapValue(TensorValue keys, TensorValue values) : NbcValue
{
    /// <summary>Of Int64 or String.</summary>
    public TensorValue Keys { get; } = keys;

    public TensorValue Values { get; } = values;

    /// <inheritdoc/>
    public override void Release()
    {
        Keys.Release();
        Values.Release();
    }

    /// <inheritdoc/>
    public override NbcValue Share() => new MapValue(Keys.Share(), Values.Share());
}
