using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Iteration;

/// <summary>Copies a tensor into one of a larger shape that it broadcasts to.</summary>
internal static class BroadcastCopy
{
    /// <summary>Any element type; both must be of the same.</summary>
    public static void Run(TensorValue from, TensorValue to)
    {
        if (from.Type == ElementType.String)
        {
            Run<byte[]>(from.Strings, from.Shape, to.Strings, to.Shape);
            return;
        }

        switch (ElementTypes.SizeOf(from.Type))
        {
            case 1: Run<byte>(from.Span<byte>(), from.Shape, to.Span<byte>(), to.Shape); break;
            case 2: Run<ushort>(from.Span<ushort>(), from.Shape, to.Span<ushort>(), to.Shape); break;
            case 4: Run<uint>(from.Span<uint>(), from.Shape, to.Span<uint>(), to.Shape); break;
            case 8: Run<ulong>(from.Span<ulong>(), from.Shape, to.Span<ulong>(), to.Shape); break;
            default: Run<UInt128>(from.Span<UInt128>(), from.Shape, to.Span<UInt128>(), to.Shape); break;
        }
    }

    /// <summary>Elements of one shape into one of a larger shape.</summary>
    public static void Run<T>(
        ReadOnlySpan<T> source, ReadOnlySpan<long> sourceShape, Span<T> target, ReadOnlySpan<long> targetShape)
    {
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, targetShape);
        runs.Add(0, sourceShape);
        runs.Start();
        while (runs.Next())
        {
            Span<T> part = target.Slice(runs.Result, runs.Length);
            if (runs.Stays(0))
            {
                part.Fill(source[runs.First(0)]);
            }
            else
            {
                source.Slice(runs.First(0), runs.Length).CopyTo(part);
            }
        }
    }
}
