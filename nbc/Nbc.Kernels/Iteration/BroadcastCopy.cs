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
            Run<byte[]>(from.Strings, to.Strings, from, to);
            return;
        }

        switch (ElementTypes.SizeOf(from.Type))
        {
            case 1: Run<byte>(from.Span<byte>(), to.Span<byte>(), from, to); break;
            case 2: Run<ushort>(from.Span<ushort>(), to.Span<ushort>(), from, to); break;
            case 4: Run<uint>(from.Span<uint>(), to.Span<uint>(), from, to); break;
            case 8: Run<ulong>(from.Span<ulong>(), to.Span<ulong>(), from, to); break;
            default: Run<UInt128>(from.Span<UInt128>(), to.Span<UInt128>(), from, to); break;
        }
    }

    private static void Run<T>(ReadOnlySpan<T> source, Span<T> target, TensorValue from, TensorValue to)
    {
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, to.Shape);
        runs.Add(0, from.Shape);
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
