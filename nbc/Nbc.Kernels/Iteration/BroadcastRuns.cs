namespace Nbc.Kernels.Iteration;

/// <summary>Walks operands that are broadcast to one shape, run by run; in a run each operand either goes on by one
/// element a step or stays where it is.</summary>
/// <remarks>
/// Meaning: dimensions that lie together in all operands are joined first, so that equal shapes are one run, a
/// scalar operand makes one run, and a row operand one run a row.
/// Shape: the result is row-major without gaps and written from its first element to its last.
/// Bound: a run is at most <see cref="MaxLength"/> elements, so that a kernel can look for cancellation between runs.
/// <code>
/// BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(2, rank)], 2, shape);
/// runs.Add(0, x.Shape); runs.Add(1, y.Shape); runs.Start();
/// while (runs.Next()) { … runs.Length, runs.First(0), runs.Stays(0), runs.Result … }
/// </code>
/// </remarks>
internal ref struct BroadcastRuns
{
    public const int MaxLength = 1 << 16;

    private readonly Span<long> _sizes;
    private readonly Span<long> _steps; // operand by operand, dimension by dimension
    private readonly Span<long> _index;
    private readonly Span<long> _first;
    private readonly int _operands;
    private readonly int _rank;
    private int _joined;
    private long _inner;
    private long _at;
    private long _next;
    private long _left;

    /// <param name="memory">As long as <see cref="Memory"/> says.</param>
    public BroadcastRuns(Span<long> memory, int operands, ReadOnlySpan<long> shape)
    {
        _rank = shape.Length;
        _operands = operands;
        int width = _rank + 1;
        _sizes = memory[..width];
        _index = memory.Slice(width, width);
        _first = memory.Slice(2 * width, operands);
        _steps = memory.Slice((2 * width) + operands, operands * width);
        shape.CopyTo(_sizes);
        _steps.Clear();
        _index.Clear();
        _first.Clear();
        _left = 1;
        foreach (long size in shape)
        {
            _left *= size;
        }
    }

    /// <summary>Elements in this run.</summary>
    public int Length { get; private set; }

    /// <summary>The first element of this run in the result.</summary>
    public int Result { get; private set; }

    /// <summary>Words of memory that a walk takes.</summary>
    public static int Memory(int operands, int rank) => ((2 + operands) * (rank + 1)) + operands;

    /// <summary>The shape must broadcast to the result's.</summary>
    public readonly void Add(int operand, ReadOnlySpan<long> shape)
    {
        Span<long> steps = _steps.Slice(operand * (_rank + 1), _rank + 1);
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            steps[_rank - shape.Length + i] = shape[i] == 1 ? 0 : step;
            step *= shape[i];
        }
    }

    /// <summary>Call once after all operands were added.</summary>
    public void Start()
    {
        int width = _rank + 1;
        int last = _rank; // dimensions are joined into the end of the lists
        _sizes[last] = 1;
        for (int d = _rank - 1; d >= 0; d--)
        {
            if (_sizes[d] == 1)
            {
                continue;
            }

            if (_sizes[last] == 1 || LiesTogether(d, last))
            {
                bool isFirst = _sizes[last] == 1;
                _sizes[last] *= _sizes[d];
                for (int o = 0; isFirst && o < _operands; o++)
                {
                    _steps[(o * width) + last] = _steps[(o * width) + d];
                }
            }
            else
            {
                last--;
                _sizes[last] = _sizes[d];
                for (int o = 0; o < _operands; o++)
                {
                    _steps[(o * width) + last] = _steps[(o * width) + d];
                }
            }
        }

        _joined = last;
        _inner = _sizes[_rank];
    }

    /// <summary>Goes to the next run; false when all elements were walked.</summary>
    public bool Next()
    {
        if (_left <= 0)
        {
            return false;
        }

        if (_next == _inner)
        {
            Carry();
            _next = 0;
        }

        Result += Length;
        _at = _next;
        Length = (int)Math.Min(MaxLength, _inner - _next);
        _next += Length;
        _left -= Length;
        return true;
    }

    /// <summary>The first element of an operand in this run.</summary>
    public readonly int First(int operand) =>
        (int)(_first[operand] + (_steps[(operand * (_rank + 1)) + _rank] * _at));

    /// <summary>True when the operand gives one element to the whole run.</summary>
    public readonly bool Stays(int operand) => _steps[(operand * (_rank + 1)) + _rank] == 0;

    private readonly bool LiesTogether(int outer, int inner)
    {
        for (int o = 0; o < _operands; o++)
        {
            Span<long> steps = _steps.Slice(o * (_rank + 1), _rank + 1);
            if (steps[outer] != steps[inner] * _sizes[inner])
            {
                return false;
            }
        }

        return true;
    }

    private readonly void Carry()
    {
        for (int d = _rank - 1; d >= _joined; d--)
        {
            bool isOver = ++_index[d] == _sizes[d];
            for (int o = 0; o < _operands; o++)
            {
                long step = _steps[(o * (_rank + 1)) + d];
                _first[o] += isOver ? -step * (_sizes[d] - 1) : step;
            }

            if (!isOver)
            {
                return;
            }

            _index[d] = 0;
        }
    }
}
