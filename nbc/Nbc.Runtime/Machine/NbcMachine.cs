using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Memory;
using Nbc.Runtime.Tracing;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Machine;

/// <summary>Runs a program, one run at a time; what a run needed is kept for the next one.</summary>
internal sealed partial class NbcMachine : IDisposable
{
    private const int CheckEvery = 32;
    private readonly LoadedProgram _program;
    private readonly MemoryBudget _budget;
    private readonly BlockPool _pool;
    private readonly RegisterFile _registers;
    private readonly StackManager _stack;
    private readonly RunClock _clock;
    private readonly TaskBoard? _tasks;
    private readonly MachineContext _context;
    private readonly HostUnit _host;
    private readonly ValueUnit _values;
    private readonly NbcScalar[] _globals;
    private NbcRun _run = NbcRun.Default;
    private LoadedFunction _function = null!;
    private int _pc;
    private int _first;
    private FrameArena? _arena;
    private string _name = "";
    private int _place = -1;

    public NbcMachine(LoadedProgram program, IResourceAccount? account, TimeProvider time, TaskBoard? tasks)
    {
        _tasks = tasks;
        _program = program;
        _budget = new MemoryBudget(account);
        _pool = new BlockPool(_budget) { BeforeTrim = DropArenas };
        _registers = new RegisterFile(_budget);
        _stack = new StackManager(null, _budget);
        _clock = new RunClock(time);
        _context = new MachineContext(_budget, _pool, _registers, program.Constants, _clock);
        _host = new HostUnit(program.Source, _stack, _registers, _context, _clock, account);
        _values = new ValueUnit(_stack, _registers, _context);
        _globals = new NbcScalar[program.Source.Globals.Length];
        _homes = new Stack<FrameArena>[program.Functions.Length];
    }

    /// <summary>Unit: bytes that the machine keeps.</summary>
    public long HeldBytes => _budget.Held;

    /// <summary>Runs the program once.</summary>
    /// <param name="inputs">Checked against the program's; lent until the call returns.</param>
    /// <param name="outputs">Tensors here are filled again where their memory serves; the caller owns what is left.
    /// </param>
    /// <param name="task">Runs inside the task of <paramref name="run"/>.</param>
    /// <exception cref="NbcException">The run failed; the error says where.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(
        ReadOnlySpan<NbcValue?> inputs, Span<NbcValue?> outputs, NbcRun run, NbcTask task,
        CancellationToken cancellation)
    {
        bool started = false;
        try
        {
            _run = run;
            _stack.Begin(run.Task, task);
            _name = task.Name.Length > 0 ? task.Name
                : run.Name ?? _program.Functions[_program.Source.Entry].Source.Name;
            _place = _tasks?.Add(_name, _stack) ?? -1;
            _budget.Limit = _stack.Limits.MemoryBytes;
            _clock.Start(_stack.Limits.Time, _stack.Deadline, cancellation);
            _host.Start(run);
            _context.Seed(run.Seed ?? (ulong)Random.Shared.NextInt64());
            Enter(inputs, outputs);
            started = true;
            _clock.Check();
            Loop(cancellation);
            WriteResults(outputs);
        }
        catch (Exception e) when (Explain(e, started, cancellation) is { } explained)
        {
            throw explained;
        }
        finally
        {
            End();
        }
    }

    /// <summary>Gives back the memory that is kept for the next run.</summary>
    public void Trim()
    {
        _context.Trim();
        _pool.Trim();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trim();
        _budget.GiveBack(_budget.Held); // registers and locals; what callers still hold is theirs from now on
    }

    private void Loop(CancellationToken cancellation)
    {
        long most = _stack.Limits.Instructions;
        long left = most;
        INbcObserver? observer = _run.Observer;
        while (_depth > 0)
        {
            LoadedInstruction instruction = _function.Code[_pc];
            if (left-- <= 0)
            {
                throw new NbcException(NbcErrorCode.TooManyInstructions,
                    $"the run executed the {most} instructions that it may");
            }

            // A kernel is worth a look at the clock; of all else, many are.
            if (left % CheckEvery == 0 || instruction.Unit == MachineUnit.Kernel)
            {
                _clock.Check();
            }
            else
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (observer is null)
            {
                Execute(instruction);
            }
            else
            {
                ExecuteWatched(instruction, observer);
            }
        }
    }

    private void Execute(LoadedInstruction instruction)
    {
        NbcOpcode opcode = (NbcOpcode)instruction.Code.Opcode;
        if (_host.HasPlacement && instruction.Descriptor.Format == NbcFormat.Values &&
            opcode is not NbcOpcode.TensorDestroy)
        {
            _host.Place();
        }

        switch (instruction.Unit)
        {
            case MachineUnit.Kernel:
                _context.Begin(instruction, _first, _arena);
                instruction.Kernel!.Run(_context);
                _context.Commit();
                break;
            case MachineUnit.Scalar:
                ScalarUnit.Run(opcode, _stack);
                break;
            case MachineUnit.Value:
                _values.Run(instruction, _first, _arena);
                break;
            case MachineUnit.Host:
                _host.Run(instruction, _first);
                break;
            default:
                RunControl(opcode, instruction);
                return;
        }

        _pc++;
    }

    private void RunControl(NbcOpcode opcode, LoadedInstruction instruction)
    {
        NbcInstruction code = instruction.Code;
        int next = _pc + 1;
        switch (opcode)
        {
            case NbcOpcode.Push:
                _stack.Push(_program.Source.Scalars[code.A]);
                break;
            case NbcOpcode.Jmp:
                next = code.A;
                break;
            case NbcOpcode.Jz:
                next = _stack.Pop().Bits == 0 ? code.A : next;
                break;
            case NbcOpcode.Jnz:
                next = _stack.Pop().Bits != 0 ? code.A : next;
                break;
            case NbcOpcode.Load:
                _stack.Push(_stack.Load(code.A));
                break;
            case NbcOpcode.Store:
                _stack.Store(code.A, _stack.Pop());
                break;
            case NbcOpcode.LoadGlob:
                _stack.Push(_globals[code.A]);
                break;
            case NbcOpcode.StoreGlob:
                SetGlobal(code.A, _stack.Pop());
                break;
            case NbcOpcode.EnterFrame:
                _stack.EnterFrame(_program.Source.Names[code.A], code.B);
                break;
            case NbcOpcode.ExitFrame:
                _stack.ExitFrame();
                break;
            case NbcOpcode.Call:
                Call(instruction);
                return;
            case NbcOpcode.Halt:
                _depth = 0;
                return;
            default:
                Return();
                return;
        }

        _pc = next;
    }

    private void SetGlobal(int index, NbcScalar scalar)
    {
        if (StackManager.BytesOf(scalar) is > 0 and long bytes && !_budget.TryTake(bytes))
        {
            throw new NbcException(NbcErrorCode.TooLarge, $"no memory for a text of {scalar.Text.Length} characters");
        }

        _budget.GiveBack(StackManager.BytesOf(_globals[index]));
        _globals[index] = scalar;
    }

    private void ExecuteWatched(LoadedInstruction instruction, INbcObserver observer)
    {
        (LoadedFunction function, int index, int first) = (_function, _pc, _first);
        long start = _clock.Now();
        Execute(instruction);
        long ticks = _clock.Now() - start;
        _context.Begin(instruction, first, null);
        NbcValue?[] inputs = new NbcValue?[instruction.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = _context.Value(i);
        }

        NbcValue?[] outputs = Array.ConvertAll(
            instruction.Outputs, output => output >= 0 ? _registers[first + output] : null);
        observer.Executed(new NbcStep(function.Source, index, instruction.Descriptor,
            _program.Source.LocationOf(function.Source, index), ticks, inputs, outputs));
    }

    // Null: it goes on as it is.
    private NbcException? Explain(Exception e, bool started, CancellationToken cancellation)
    {
        NbcError error;
        switch (e)
        {
            case OperationCanceledException when cancellation.IsCancellationRequested:
                return null;
            case NbcException { Error.Function: not null }:
                return null;
            case NbcException known:
                error = known.Error;
                break;
            case KernelException kernel:
                error = new NbcError((NbcErrorCode)(int)kernel.Fault, kernel.Message);
                break;
            case OutOfMemoryException:
                error = new NbcError(NbcErrorCode.TooLarge, "the system has no memory left");
                break;
            default:
                error = new NbcError(NbcErrorCode.KernelFailed, $"{e.GetType().Name}: {e.Message}");
                break;
        }

        if (started && _pc < _function.Code.Length)
        {
            error = error with
            {
                Function = _function.Source.Name,
                Instruction = _pc,
                Mnemonic = _function.Code[_pc].Descriptor.Mnemonic,
                Location = _program.Source.LocationOf(_function.Source, _pc),
            };
        }

        return new NbcException(error, e is NbcException ? null : e);
    }
}
