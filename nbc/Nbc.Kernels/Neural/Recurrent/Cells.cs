using System.Numerics;

namespace Nbc.Kernels.Neural.Recurrent;

/// <summary>A simple recurrent network: h = f(x * W + h * R + b).</summary>
/// <remarks>Source: ONNX operator RNN, version 22.</remarks>
internal sealed class RnnKernel(KernelAttributes attributes) : RecurrentKernel(attributes, 1, "Tanh")
{
    protected override void Step<T>(in RecurrentStep<T> step)
    {
        step.Multiply(step.Hidden, 0, 1);
        int size = step.HiddenSize;
        for (int b = 0; b < step.Rows.Length; b++)
        {
            if (step.Rows[b] < 0)
            {
                continue;
            }

            ReadOnlySpan<T> gates = step.Gates(b), product = step.Product.Slice(b * size, size);
            Span<T> hidden = step.Hidden.Slice(b * size, size);
            for (int i = 0; i < hidden.Length; i++)
            {
                hidden[i] = step.Apply(0, gates[i] + product[i]);
            }
        }
    }
}

/// <summary>Gated recurrent units: an update and a reset gate, and a candidate.</summary>
/// <remarks>
/// Meaning: z, r = f(x * W + h * R + b); c = g(x * Wc + (r h) * Rc + b), or g(x * Wc + bw + r (h * Rc + br)) when the
/// reset comes after the product; h = (1 - z) c + z h.
/// Source: ONNX operator GRU, version 22.
/// </remarks>
internal sealed class GruKernel(KernelAttributes attributes) : RecurrentKernel(attributes, 3, "Sigmoid", "Tanh")
{
    private const int Candidate = 2;
    private readonly bool _resetsAfter = attributes.Flag("linear_before_reset");

    protected override bool SumsRecurrentBias(int gate) => gate != Candidate || !_resetsAfter;

    protected override void Step<T>(in RecurrentStep<T> step)
    {
        step.Multiply(step.Hidden, 0, _resetsAfter ? 3 : 2);
        int size = step.HiddenSize;
        for (int b = 0; b < step.Rows.Length; b++)
        {
            Span<T> hidden = step.Hidden.Slice(b * size, size), reset = step.Extra.Slice(b * size, size);
            reset.Clear();
            if (step.Rows[b] < 0)
            {
                continue;
            }

            Span<T> gates = step.Gates(b);
            ReadOnlySpan<T> product = step.Product.Slice(b * 3 * size, 3 * size);
            for (int i = 0; i < size; i++)
            {
                gates[i] = step.Apply(0, gates[i] + product[i]);
                T open = step.Apply(0, gates[size + i] + product[size + i]);
                reset[i] = _resetsAfter
                    ? open * (product[(2 * size) + i] + step.RecurrentBias[(2 * size) + i])
                    : open * hidden[i];
            }
        }

        if (!_resetsAfter)
        {
            step.Multiply(step.Extra, Candidate, 1);
        }

        Finish(step);
    }

    private void Finish<T>(in RecurrentStep<T> step)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int size = step.HiddenSize;
        for (int b = 0; b < step.Rows.Length; b++)
        {
            if (step.Rows[b] < 0)
            {
                continue;
            }

            ReadOnlySpan<T> gates = step.Gates(b), product = step.Product.Slice(b * 3 * size, 3 * size);
            ReadOnlySpan<T> reset = step.Extra.Slice(b * size, size);
            Span<T> hidden = step.Hidden.Slice(b * size, size);
            for (int i = 0; i < size; i++)
            {
                T past = _resetsAfter ? reset[i] : product[(2 * size) + i];
                T candidate = step.Apply(1, gates[(2 * size) + i] + past);
                hidden[i] = ((T.One - gates[i]) * candidate) + (gates[i] * hidden[i]);
            }
        }
    }
}

/// <summary>Long short-term memory: input, output and forget gates around a cell, with peepholes.</summary>
/// <remarks>
/// Meaning: i, f = f(x * W + h * R + p c + b); c' = f c + i g(x * Wc + h * Rc + b); o = f(... + p c' + b);
/// h = o h(c'). With input_forget f is 1 - i.
/// Source: ONNX operator LSTM, version 22.
/// </remarks>
internal class LstmKernel(KernelAttributes attributes)
    : RecurrentKernel(attributes, 4, "Sigmoid", "Tanh", "Tanh")
{
    private readonly bool _couples = attributes.Flag("input_forget");

    protected override int States => 2;

    protected override int PeepholeInput => 7;

    protected override void Step<T>(in RecurrentStep<T> step)
    {
        step.Multiply(step.Hidden, 0, 4);
        int size = step.HiddenSize;
        for (int b = 0; b < step.Rows.Length; b++)
        {
            if (step.Rows[b] < 0)
            {
                continue;
            }

            Span<T> hidden = step.Hidden.Slice(b * size, size), cell = step.Cell.Slice(b * size, size);
            ReadOnlySpan<T> gates = step.Gates(b), product = step.Product.Slice(b * 4 * size, 4 * size);
            for (int i = 0; i < size; i++)
            {
                T open = step.Apply(0, gates[i] + product[i] + Peep(step, i, cell[i]));
                T keep = _couples
                    ? T.One - open
                    : step.Apply(
                        0, gates[(2 * size) + i] + product[(2 * size) + i] + Peep(step, (2 * size) + i, cell[i]));
                T candidate = step.Apply(1, gates[(3 * size) + i] + product[(3 * size) + i]);
                cell[i] = (keep * cell[i]) + (open * candidate);
                T show = step.Apply(0, gates[size + i] + product[size + i] + Peep(step, size + i, cell[i]));
                hidden[i] = show * step.ApplyFree(2, cell[i]);
            }
        }
    }

    private static T Peep<T>(in RecurrentStep<T> step, int i, T cell)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        step.Peepholes.IsEmpty ? T.Zero : step.Peepholes[i] * cell;
}
