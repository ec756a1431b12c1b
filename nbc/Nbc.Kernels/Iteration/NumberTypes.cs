using System.Numerics;
using Nbc.Tensors;

namespace Nbc.Kernels.Iteration;

/// <summary>Something to do for the .NET type of an element type.</summary>
internal interface INumberAction
{
    void Invoke<T>()
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>;
}

/// <summary>As <see cref="INumberAction"/> for whole numbers.</summary>
internal interface IIntegerAction
{
    void Invoke<T>()
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>;
}

/// <summary>As <see cref="INumberAction"/> for single and double precision.</summary>
internal interface IRealAction
{
    void Invoke<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>;
}

/// <summary>From an element type to the .NET type that computes with it.</summary>
internal static class NumberTypes
{
    /// <summary>Whole numbers of 8 bits and more; false, and nothing is done, for any other type.</summary>
    public static bool TryIntegers<TAction>(ElementType type, TAction action)
        where TAction : struct, IIntegerAction, allows ref struct
    {
        switch (type)
        {
            case ElementType.Int8: action.Invoke<sbyte>(); return true;
            case ElementType.Int16: action.Invoke<short>(); return true;
            case ElementType.Int32: action.Invoke<int>(); return true;
            case ElementType.Int64: action.Invoke<long>(); return true;
            case ElementType.UInt8: action.Invoke<byte>(); return true;
            case ElementType.UInt16: action.Invoke<ushort>(); return true;
            case ElementType.UInt32: action.Invoke<uint>(); return true;
            case ElementType.UInt64: action.Invoke<ulong>(); return true;
            default: return false;
        }
    }

    /// <summary>Single and double precision; false, and nothing is done, for any other type.</summary>
    public static bool TryReals<TAction>(ElementType type, TAction action)
        where TAction : struct, IRealAction, allows ref struct
    {
        switch (type)
        {
            case ElementType.Float32: action.Invoke<float>(); return true;
            case ElementType.Float64: action.Invoke<double>(); return true;
            default: return false;
        }
    }

    /// <summary>Whole numbers of 8 bits and more, single and double precision; false for any other type.</summary>
    public static bool TryNumbers<TAction>(ElementType type, TAction action)
        where TAction : struct, INumberAction, allows ref struct
    {
        AnyNumber<TAction> any = new(action);
        return TryReals(type, any) || TryIntegers(type, any);
    }

    /// <summary>Float16 and bfloat16, which are computed by widening to single precision.</summary>
    public static bool IsWide(ElementType type) => type is ElementType.Float16 or ElementType.BFloat16;

    // What is done for every number is done for reals and for whole numbers.
    private readonly ref struct AnyNumber<TAction>(TAction action) : IRealAction, IIntegerAction
        where TAction : struct, INumberAction, allows ref struct
    {
        private readonly TAction _action = action;

        void IRealAction.Invoke<T>() => _action.Invoke<T>();

        void IIntegerAction.Invoke<T>() => _action.Invoke<T>();
    }
}
