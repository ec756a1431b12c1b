using System.Numerics;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>A convolution of each channel over what came before, with a state from call to call.</summary>
/// <remarks>
/// Shape: input [batch, channels, length], weight [channels, 1, k], states [batch, channels, k - 1].
/// Meaning: y[t] = bias + sum over i of weight[i] * x[t - k + 1 + i], x before the start from the past state; with
/// silu or swish y * sigmoid(y). The present state is the end of past and input.
/// Source: ONNX operator CausalConvWithState, version 27.
/// </remarks>
internal sealed class CausalConvKernel : RealKernel
{
    private readonly bool _activates;

    public CausalConvKernel(KernelAttributes attributes)
        : base("input")
    {
        string activation = attributes.Text("activation", "none");
        _activates = activation switch
        {
            "none" => false,
            "silu" or "swish" => true,
            _ => throw Operand.Attribute("activation", activation, "none, silu or swish"),
        };
    }

    protected override void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue w = context.Input(1);
        TensorValue? b = context.OptionalInput(2), past = context.OptionalInput(3);
        Operand.ExpectRank(x, 3, "input");
        Operand.ExpectType(w, x.Type, "weight");
        Operand.Expect(
            w.Rank == 3 && w.Shape[0] == x.Shape[1] && w.Shape[1] == 1 && w.Shape[2] > 0, w, "weight",
            $"[{x.Shape[1]}, 1, k]");
        int channels = (int)x.Shape[1], length = (int)x.Shape[2], taps = (int)w.Shape[2];
        if (b is not null)
        {
            Operand.ExpectType(b, x.Type, "bias");
            Operand.ExpectShape(b, "bias", channels);
        }

        if (past is not null)
        {
            Operand.ExpectType(past, x.Type, "past_state");
            Operand.ExpectShape(past, "past_state", x.Shape[0], channels, taps - 1);
        }

        TensorValue result = context.Output(0, x.Type, x.Shape);
        TensorValue? present = context.OutputCount > 1 && context.Wants(1)
            ? context.Output(1, x.Type, x.Shape[0], channels, taps - 1) : null;
        Span<T> output = Reals.Room<T>(context, result);
        Span<T> state = present is null ? [] : Reals.Room<T>(context, present);
        ReadOnlySpan<T> input = Reals.Read<T>(context, x), weight = Reals.Read<T>(context, w);
        ReadOnlySpan<T> bias = b is null ? [] : Reals.Read<T>(context, b);
        ReadOnlySpan<T> before = past is null ? [] : Reals.Read<T>(context, past);
        for (int row = 0; row < x.Shape[0] * channels; row++)
        {
            int channel = row % channels;
            Series<T> series = new(
                before.IsEmpty ? [] : before.Slice(row * (taps - 1), taps - 1),
                input.Slice(row * length, length), taps - 1);
            Filter(
                series, weight.Slice(channel * taps, taps), bias.IsEmpty ? T.Zero : bias[channel],
                output.Slice(row * length, length));
            for (int i = 0; i < taps - 1 && present is not null; i++)
            {
                state[(row * (taps - 1)) + i] = series.At(length + i);
            }
        }

        Reals.Write<T>(output, result);
        if (present is not null)
        {
            Reals.Write<T>(state, present);
        }
    }

    private void Filter<T>(Series<T> series, ReadOnlySpan<T> weight, T bias, Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int t = 0; t < target.Length; t++)
        {
            T sum = bias;
            for (int i = 0; i < weight.Length; i++)
            {
                sum += weight[i] * series.At(t + i);
            }

            target[t] = _activates ? sum / (T.One + T.Exp(-sum)) : sum;
        }
    }

    /// <summary>A past and what follows; a past that is not there is zero.</summary>
    private readonly ref struct Series<T>(ReadOnlySpan<T> past, ReadOnlySpan<T> input, int pastLength)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly ReadOnlySpan<T> _past = past, _input = input;

        public T At(int i) => i >= pastLength ? _input[i - pastLength] : _past.IsEmpty ? T.Zero : _past[i];
    }
}
