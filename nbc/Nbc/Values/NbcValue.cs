namespace Nbc.Values;

/// <summary>What a register holds: a tensor, a sequence, an optional or a map.</summary>
public abstract class NbcValue
{
    private protected NbcValue()
    {
    }

    /// <summary>Lets go of the memory that this value holds; the value is empty afterwards.</summary>
    public abstract void Release();

    /// <summary>A second value of the same content that lives on its own; memory is shared, not copied.</summary>
    public abstract NbcValue Share();
}
