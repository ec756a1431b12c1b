using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Machine;

/// <summary>A loaded program. All threads may run it at once.</summary>
/// <remarks>
/// Bound: as many runs at the same time as the load options say; each run in turn keeps its memory for the next one.
/// Cost: a run of a program with static shapes allocates nothing on the managed heap once the machine and the outputs
/// were used before.
/// </remarks>
public sealed class NbcModel : IDisposable
{
    private readonly LoadedProgram _program;
    private readonly IResourceAccount? _account;
    private readonly TimeProvider _clock;
    private readonly TaskBoard? _tasks;
    private readonly SemaphoreSlim _free;
    private readonly Lock _gate = new();
    private readonly Stack<NbcMachine> _idle = new();
    private bool _disposed;

    internal NbcModel(LoadedProgram program, NbcLoadOptions options, IResourceAccount? account)
    {
        _program = program;
        _account = account;
        _clock = options.Clock;
        _tasks = options.Tasks;
        _free = new SemaphoreSlim(options.MaxRuns);
    }

    public NbcProgram Program => _program.Source;

    public IReadOnlyList<NbcPort> Inputs => _program.Source.Inputs;

    public IReadOnlyList<NbcPort> Outputs => _program.Source.Outputs;

    /// <summary>Unit: bytes that machines keep between runs.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_gate)
            {
                return _idle.Sum(machine => machine.HeldBytes);
            }
        }
    }

    /// <summary>Runs the program with results of its own.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{NbcValue}, Span{NbcValue}, NbcRun, CancellationToken)"/>
    public NbcValue?[] Run(params ReadOnlySpan<NbcValue?> inputs)
    {
        NbcValue?[] outputs = new NbcValue?[Outputs.Count];
        Run(inputs, outputs, NbcRun.Default, CancellationToken.None);
        return outputs;
    }

    /// <summary>Runs the program.</summary>
    /// <param name="inputs">One for each of <see cref="Inputs"/>; lent until the call returns, and not changed.</param>
    /// <param name="outputs">One place for each of <see cref="Outputs"/>. A tensor in it is filled again, in its own
    /// memory where that serves; after the call the caller owns what is there. Null where HALT came first.</param>
    /// <exception cref="NbcException">The run failed; the error says what and where.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, also while waiting for a free machine.</exception>
    public void Run(
        ReadOnlySpan<NbcValue?> inputs, Span<NbcValue?> outputs, NbcRun run, CancellationToken cancellation) =>
        Run(inputs, outputs, run, NbcTask.Default, cancellation);

    /// <summary>Runs the program for a task inside the one of <paramref name="run"/>: what it does not say is taken
    /// from there, and its deadline and limits reach no further.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{NbcValue}, Span{NbcValue}, NbcRun, CancellationToken)"/>
    public void Run(
        ReadOnlySpan<NbcValue?> inputs, Span<NbcValue?> outputs, NbcRun run, NbcTask task,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(task);
        CheckPorts(inputs, outputs);
        WaitForMachine(Instant.Earlier(run.Task.Deadline, task.Deadline), cancellation);
        try
        {
            NbcMachine machine = Rent();
            try
            {
                machine.Run(inputs, outputs, run, task, cancellation);
            }
            finally
            {
                Return(machine);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Gives back the memory that idle machines keep.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (NbcMachine machine in _idle)
            {
                machine.Trim();
            }
        }
    }

    /// <summary>Runs that are under way end as they would; none begins any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out NbcMachine? machine))
            {
                machine.Dispose();
            }
        }
    }

    private void WaitForMachine(Instant? deadline, CancellationToken cancellation)
    {
        int ms = deadline is { } end
            ? (int)Math.Clamp((end - _clock.GetInstant()).TotalMilliseconds, 0, int.MaxValue)
            : Timeout.Infinite;
        if (!_free.Wait(ms, cancellation))
        {
            throw new NbcException(NbcErrorCode.DeadlineExceeded, "no machine became free before the deadline");
        }
    }

    private NbcMachine Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryPop(out NbcMachine? machine))
            {
                return machine;
            }
        }

        return new NbcMachine(_program, _account, _clock, _tasks);
    }

    private void Return(NbcMachine machine)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _idle.Push(machine);
                return;
            }
        }

        machine.Dispose();
    }

    private void CheckPorts(ReadOnlySpan<NbcValue?> inputs, Span<NbcValue?> outputs)
    {
        NbcProgram source = _program.Source;
        if (inputs.Length != source.Inputs.Length || outputs.Length != source.Outputs.Length)
        {
            throw new NbcException(NbcErrorCode.WrongInput,
                $"the program takes {source.Inputs.Length} inputs and {source.Outputs.Length} outputs, " +
                $"not {inputs.Length} and {outputs.Length}");
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            NbcPort port = source.Inputs[i];
            if (!Accepts(port.Type, inputs[i]))
            {
                throw new NbcException(NbcErrorCode.WrongInput,
                    $"input {port.Name}: {port.Type} is expected, {Describe(inputs[i])} was given");
            }
        }
    }

    private static bool Accepts(NbcType type, NbcValue? value) => type.Kind switch
    {
        NbcValueKind.Any => true,
        NbcValueKind.Tensor => value is TensorValue tensor && tensor.Type == type.Element &&
            (type.Dimensions is null || Fits(type.Dimensions, tensor.Shape)),
        NbcValueKind.Sequence => value is SequenceValue sequence && AcceptsAll(type.Item!, sequence),
        NbcValueKind.Optional => value is null or OptionalValue { Content: null } ||
            (value is OptionalValue { Content: { } content } && Accepts(type.Item!, content)),
        _ => value is MapValue map && map.Keys.Type == type.Element && Accepts(type.Item!, map.Values),
    };

    private static bool AcceptsAll(NbcType type, SequenceValue sequence)
    {
        foreach (NbcValue item in sequence.Items)
        {
            if (!Accepts(type, item))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Fits(long[] dimensions, ReadOnlySpan<long> shape)
    {
        bool fits = dimensions.Length == shape.Length;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = dimensions[i] < 0 || dimensions[i] == shape[i];
        }

        return fits;
    }

    private static string Describe(NbcValue? value) => value switch
    {
        null => "nothing",
        TensorValue tensor => $"{ElementTypes.TextOf(tensor.Type)} {Shapes.Text(tensor.Shape)}",
        _ => value.GetType().Name,
    };
}
