using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Recurrent;

/// <summary>The frame of recurrent networks: operands, directions, lengths and layouts; a cell fills it.</summary>
/// <remarks>
/// Shape: X [steps, batch, inputs], W [directions, gates * hidden, inputs], R [directions, gates * hidden, hidden],
/// B [directions, 2 * gates * hidden], states [directions, batch, hidden]; with layout 1 the batch stands first.
/// Meaning: after the length of a sequence its results are 0 and its state stays; a reverse direction starts at the
/// length's end.
/// Cost: X * W of all steps in one product, one or two products with R a step.
/// </remarks>
internal abstract class RecurrentKernel : RealKernel
{
    private readonly int _gates;
    private readonly bool _batchFirst, _startsReverse;
    private readonly long? _hidden;
    private PackedConstant<float>?[]? _inputWeights;

    protected RecurrentKernel(KernelAttributes attributes, int gates, params ReadOnlySpan<string> functions)
    {
        _gates = gates;
        string direction = attributes.Text("direction", "forward");
        Directions = direction == "bidirectional" ? 2 : 1;
        _startsReverse = direction == "reverse";
        if (direction is not ("forward" or "reverse" or "bidirectional"))
        {
            throw Operand.Attribute("direction", direction, "forward, reverse or bidirectional");
        }

        long layout = attributes.Int("layout");
        _batchFirst = layout == 1;
        if (layout is not (0 or 1))
        {
            throw Operand.Attribute("layout", layout, "0 or 1");
        }

        _hidden = attributes.Has("hidden_size") ? attributes.Int("hidden_size") : null;
        Clip = attributes.Has("clip") ? attributes.Float("clip") : null;
        if (Clip is { } clip && !(clip >= 0))
        {
            throw Operand.Attribute("clip", clip, "0 or more");
        }

        Functions = GateFunction.Read(attributes, Directions, functions);
    }

    protected int Directions { get; }

    /// <summary>Bound of what goes into a gate's function; null for none.</summary>
    protected double? Clip { get; }

    /// <summary>Of the first direction, then of the second.</summary>
    protected GateFunction[] Functions { get; }

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<TensorValue?> constants)
    {
        if (!Quantises && constants.Length > 1 && constants[1] is { Rank: 3, Count: > 0 } w && Reals.IsSingle(w.Type))
        {
            _inputWeights = new PackedConstant<float>?[Directions];
            for (int i = 0; i < Directions && i < w.Shape[0]; i++)
            {
                TensorValue part = new();
                part.ResetView(
                    w, w.ByteCount / w.Shape[0] * i, w.Type, [w.Shape[1], w.Shape[2]]);
                _inputWeights[i] = ConstantMatrix.Pack(part, transposed: true);
                part.Release();
            }
        }
    }

    /// <summary>Results of the kernel that are states of the cell: Y_h alone, or Y_c too.</summary>
    protected virtual int States => 1;

    /// <summary>Operand of peepholes; -1 for none.</summary>
    protected virtual int PeepholeInput => -1;

    /// <summary>Elements of the second half of B start at gates * hidden; the sum of both halves goes to all gates,
    /// unless the cell says which it takes itself.</summary>
    protected virtual bool SumsRecurrentBias(int gate) => true;

    /// <summary>What goes into a product is rounded to 8 bits first.</summary>
    protected virtual bool Quantises => false;

    /// <summary>W or R of one direction as a right-hand side: [columns, gates * hidden].</summary>
    protected virtual unsafe Matrix<T> Weights<T>(
        KernelContext context, int input, int direction, int width, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> all = Reals.Read<T>(context, context.Input(input));
        T* first = ConstantMatrix.First(all) + ((long)direction * width * columns);
        return Matrix<T>.Dense(first, width, columns).Transposed;
    }

    /// <summary>Checks W or R.</summary>
    protected virtual void ExpectWeights(
        KernelContext context, TensorValue x, TensorValue weights, string name, int hidden, int columns)
    {
        Operand.ExpectType(weights, x.Type, name);
        Operand.ExpectShape(weights, name, Directions, checked((long)_gates * hidden), columns);
    }

    /// <summary>The axis of R that is as long as the hidden state.</summary>
    protected virtual int HiddenAxis => 2;

    /// <summary>One step of one direction for the whole batch.</summary>
    protected abstract void Step<T>(in RecurrentStep<T> step)
        where T : unmanaged, IFloatingPointIeee754<T>;

    protected override unsafe void Run<T>(KernelContext context, TensorValue x)
    {
        RecurrentSizes sizes = Measure(context, x);
        (int steps, int batch, int hidden) = (sizes.Steps, sizes.Batch, sizes.Hidden);
        TensorValue? y = context.Wants(0)
            ? _batchFirst
                ? context.Output(0, x.Type, batch, steps, Directions, hidden)
                : context.Output(0, x.Type, steps, Directions, batch, hidden)
            : null;
        Span<T> output = y is null ? [] : Reals.Room<T>(context, y);
        output.Clear();
        Span<T> states = Room<T>(context, (long)States * Directions * batch * hidden);
        for (int state = 0; state < States; state++)
        {
            ReadStates(context, sizes, 5 + state, states.Slice(state * Directions * batch * hidden));
        }

        Span<T> input = Reals.Read<T>(context, x);
        for (int direction = 0; direction < Directions; direction++)
        {
            RunDirection(context, sizes, direction, input, output, states);
        }

        if (y is not null)
        {
            Reals.Write<T>(output, y);
        }

        for (int state = 0; state < States; state++)
        {
            WriteStates<T>(context, x.Type, sizes, 1 + state, states.Slice(state * Directions * batch * hidden));
        }
    }

    private RecurrentSizes Measure(KernelContext context, TensorValue x)
    {
        TensorValue w = context.Input(1), r = context.Input(2);
        Operand.ExpectRank(x, 3, "X");
        Operand.ExpectRank(w, 3, "W");
        Operand.ExpectRank(r, 3, "R");
        int hidden = (int)r.Shape[HiddenAxis];
        RecurrentSizes sizes = new(
            (int)x.Shape[_batchFirst ? 1 : 0], (int)x.Shape[_batchFirst ? 0 : 1], (int)x.Shape[2], hidden);
        Operand.Expect(_hidden is null || _hidden == hidden, r, "R", $"a hidden size of {_hidden}");
        ExpectWeights(context, x, w, "W", hidden, sizes.Inputs);
        ExpectWeights(context, x, r, "R", hidden, hidden);
        if (context.OptionalInput(3) is { } b)
        {
            Operand.ExpectType(b, x.Type, "B");
            Operand.ExpectShape(b, "B", Directions, 2L * _gates * hidden);
        }

        if (context.OptionalInput(4) is { } lengths)
        {
            Operand.ExpectType(lengths, ElementType.Int32, "sequence_lens");
            Operand.ExpectShape(lengths, "sequence_lens", sizes.Batch);
            foreach (int length in lengths.Span<int>())
            {
                if (length < 0 || length > sizes.Steps)
                {
                    throw new KernelException(
                        KernelFault.OutOfRange, $"sequence_lens has {length}, expected 0 to {sizes.Steps}");
                }
            }
        }

        for (int state = 0; state < States; state++)
        {
            if (context.OptionalInput(5 + state) is { } start)
            {
                Operand.ExpectType(start, x.Type, "an initial state");
                Operand.ExpectShape(
                    start, "an initial state",
                    _batchFirst ? [sizes.Batch, Directions, hidden] : [Directions, sizes.Batch, hidden]);
            }
        }

        if (PeepholeInput >= 0 && context.OptionalInput(PeepholeInput) is { } peepholes)
        {
            Operand.ExpectType(peepholes, x.Type, "P");
            Operand.ExpectShape(peepholes, "P", Directions, 3L * hidden);
        }

        return sizes;
    }

    private unsafe void RunDirection<T>(
        KernelContext context, RecurrentSizes sizes, int direction, Span<T> input, Span<T> output, Span<T> states)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int steps, int batch, int inputs, int hidden) = sizes;
        int width = _gates * hidden;
        Span<T> gates = Room<T>(context, checked((long)steps * batch * width));
        MultiplyInput(context, sizes, direction, input, gates);
        Span<T> bias = Room<T>(context, 2L * width);
        AddBias(context, direction, bias, gates);
        T* packed = ConstantMatrix.First(Room<T>(context, PackedRows<T>(hidden)));
        PackRecurrent(Weights<T>(context, 2, direction, width, hidden), hidden, packed);
        Span<T> rounded = Quantises ? Room<T>(context, (long)batch * hidden) : [];
        Span<T> peepholes = PeepholeInput >= 0 && context.OptionalInput(PeepholeInput) is { } p
            ? Reals.Read<T>(context, p).Slice(direction * 3 * hidden, 3 * hidden) : [];
        ReadOnlySpan<int> lengths = context.OptionalInput(4) is { } given ? given.Span<int>() : [];
        Span<T> product = Room<T>(context, checked((long)batch * width));
        Span<T> extra = Room<T>(context, checked((long)batch * hidden));
        Span<int> rows = MemoryMarshal.Cast<byte, int>(context.Scratch((long)batch * sizeof(int)));
        bool reverse = direction == 1 || _startsReverse;
        for (int t = 0; t < steps; t++)
        {
            for (int b = 0; b < batch; b++)
            {
                int length = lengths.IsEmpty ? steps : lengths[b];
                int time = reverse ? length - 1 - t : t;
                rows[b] = t >= length ? -1 : _batchFirst ? (b * steps) + time : (time * batch) + b;
            }

            context.ThrowIfCancelled();
            int half = Directions * batch * hidden, own = direction * batch * hidden;
            RecurrentStep<T> step = new(
                context, (Clip, Functions, Directions, _gates), direction, hidden, gates, rows, (nint)packed, rounded,
                    product, extra,
                bias[width..], peepholes, states.Slice(own, batch * hidden),
                States > 1 ? states.Slice(half + own, batch * hidden) : []);
            Step(step);
            for (int b = 0; b < batch && !output.IsEmpty; b++)
            {
                if (rows[b] >= 0)
                {
                    int time = _batchFirst ? rows[b] - (b * steps) : rows[b] / batch;
                    int place = _batchFirst
                        ? (((b * steps) + time) * Directions) + direction
                        : (((time * Directions) + direction) * batch) + b;
                    step.Hidden.Slice(b * hidden, hidden).CopyTo(output[(place * hidden)..]);
                }
            }
        }
    }

    private unsafe void MultiplyInput<T>(
        KernelContext context, RecurrentSizes sizes, int direction, Span<T> input, Span<T> gates)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = _gates * sizes.Hidden, rows = checked(sizes.Steps * sizes.Batch);
        Span<T> rounded = Quantises ? ConstantMatrix.Room<T>(context, input.Length) : input;
        if (Quantises)
        {
            DynamicRange.Round(input, rounded);
        }

        Matrix<T> x = Matrix<T>.Dense(ConstantMatrix.First(rounded), rows, sizes.Inputs);
        if (typeof(T) == typeof(float) && _inputWeights?[direction] is { } constant)
        {
            PackedMatrix<float> view = constant.View;
            MatrixProduct<T>.Multiply(
                context, x, new PackedMatrix<T>((T*)view.First, view.Depth, view.Columns),
                ConstantMatrix.First(gates), width, false, T.One);
            return;
        }

        MatrixProduct<T>.Multiply(
            context, x, Weights<T>(context, 1, direction, width, sizes.Inputs),
            MatrixProduct<T>.Room(context, sizes.Inputs, width), ConstantMatrix.First(gates), width, false, T.One);
    }

    // The second half of the bias stays for gates that take it apart.
    private void AddBias<T>(KernelContext context, int direction, Span<T> bias, Span<T> gates)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bias.Clear();
        if (context.OptionalInput(3) is not { } b)
        {
            return;
        }

        int width = bias.Length / 2, hidden = width / _gates;
        Reals.Read<T>(context, b).Slice(direction * 2 * width, 2 * width).CopyTo(bias);
        for (int i = 0; i < width; i++)
        {
            if (SumsRecurrentBias(i / hidden))
            {
                bias[i] += bias[width + i];
                bias[width + i] = T.Zero;
            }
        }

        for (int row = 0; row < gates.Length; row += width)
        {
            System.Numerics.Tensors.TensorPrimitives.Add<T>(
                gates.Slice(row, width), bias[..width], gates.Slice(row, width));
        }
    }

    // Each gate is packed apart, so that a cell can take some of them.
    private unsafe void PackRecurrent<T>(Matrix<T> r, int hidden, T* packed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long size = MatrixProduct<T>.PackedCount(hidden, hidden);
        for (int gate = 0; gate < _gates; gate++)
        {
            T* first = r.First + (gate * hidden * r.ColumnStep);
            MatrixProduct<T>.Pack(
                new Matrix<T>(first, hidden, hidden, r.RowStep, r.ColumnStep), packed + (gate * size));
        }
    }

    private long PackedRows<T>(int hidden)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        checked(_gates * MatrixProduct<T>.PackedCount(hidden, hidden));

    private void ReadStates<T>(KernelContext context, RecurrentSizes sizes, int input, Span<T> states)
        where T : unmanaged
    {
        int count = Directions * sizes.Batch * sizes.Hidden;
        if (context.OptionalInput(input) is not { } start)
        {
            states[..count].Clear();
            return;
        }

        ReadOnlySpan<T> source = Reals.Read<T>(context, start);
        for (int i = 0; i < Directions * sizes.Batch; i++)
        {
            source.Slice(StatePlace(i, sizes) * sizes.Hidden, sizes.Hidden).CopyTo(states[(i * sizes.Hidden)..]);
        }
    }

    private void WriteStates<T>(
        KernelContext context, ElementType type, RecurrentSizes sizes, int output, ReadOnlySpan<T> states)
        where T : unmanaged
    {
        if (!context.Wants(output))
        {
            return;
        }

        TensorValue result = _batchFirst
            ? context.Output(output, type, sizes.Batch, Directions, sizes.Hidden)
            : context.Output(output, type, Directions, sizes.Batch, sizes.Hidden);
        Span<T> target = Reals.Room<T>(context, result);
        for (int i = 0; i < Directions * sizes.Batch; i++)
        {
            states.Slice(i * sizes.Hidden, sizes.Hidden)
                .CopyTo(target[(StatePlace(i, sizes) * sizes.Hidden)..]);
        }

        Reals.Write<T>(target, result);
    }

    // States are kept by direction, then by batch.
    private int StatePlace(int i, RecurrentSizes sizes) =>
        _batchFirst ? (i % sizes.Batch * Directions) + (i / sizes.Batch) : i;

    private static unsafe Span<T> Room<T>(KernelContext context, long count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(context.Scratch(checked(count * sizeof(T))));
}

/// <summary>The sizes of one run.</summary>
internal readonly record struct RecurrentSizes(int Steps, int Batch, int Inputs, int Hidden);
