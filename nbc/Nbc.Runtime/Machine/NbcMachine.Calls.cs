using Nbc.Instructions;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Memory;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

// Calls, and the two ends of a run: values come in, results go out.
internal sealed partial class NbcMachine
{
    private readonly Stack<FrameArena>?[] _homes;
    private readonly List<BorrowedMemory> _borrowed = [];
    private Func<BorrowedMemory>? _lend;
    private int _lent;
    private CallRecord[] _calls = new CallRecord[4];
    private int _depth;
    private NbcScalar[] _scalars = new NbcScalar[4];
    private NbcValue?[] _moving = new NbcValue?[4];
    private NbcValue?[] _wanted = [];

    private readonly record struct CallRecord(LoadedFunction Function, int First, FrameArena? Arena);

    private void Enter(ReadOnlySpan<NbcValue?> inputs, Span<NbcValue?> outputs)
    {
        NbcProgram source = _program.Source;
        if (_wanted.Length != outputs.Length)
        {
            _wanted = new NbcValue?[outputs.Length];
        }

        outputs.CopyTo(_wanted);
        for (int i = 0; i < _globals.Length; i++)
        {
            SetGlobal(i, source.Globals[i].Initial);
        }

        Open(_program.Functions[source.Entry], 0);
        _context.Wanted = _wanted;
        _context.ResultOf = _function.ResultOf;
        _lend ??= Lend;
        for (int i = 0; i < inputs.Length; i++)
        {
            NbcValue? value = inputs[i] is { } given ? ValueCopies.Borrow(given, _registers, _lend)
                : source.Inputs[i].Type.Kind == NbcValueKind.Optional ? new OptionalValue(null) : null;
            _registers.Set(_first + _function.Source.Parameters[i], value);
        }
    }

    private BorrowedMemory Lend()
    {
        if (_lent == _borrowed.Count)
        {
            _borrowed.Add(new BorrowedMemory());
        }

        return _borrowed[_lent++];
    }

    // The frame comes last: until it is there, Return would not find this call.
    private void Open(LoadedFunction function, int returnAddress)
    {
        int first = _registers.Open(function.Source.Registers.Length);
        FrameArena? arena = null;
        try
        {
            arena = function.Source.ArenaBytes > 0 ? OpenArena(function) : null;
            string name = _depth == 0 ? _name : function.Source.Name;
            _stack.EnterCall(name, function.Source.LocalCount, returnAddress);
        }
        catch
        {
            arena?.Close();
            _registers.Close(first);
            throw;
        }

        if (_depth == _calls.Length)
        {
            Array.Resize(ref _calls, _depth * 2);
        }

        _calls[_depth++] = new CallRecord(function, first, arena);
        (_function, _first, _arena, _pc) = (function, first, arena, 0);
    }

    private FrameArena OpenArena(LoadedFunction function)
    {
        Stack<FrameArena> home = _homes[function.Index] ??= new Stack<FrameArena>();
        if (!home.TryPop(out FrameArena? arena))
        {
            arena = new FrameArena(function.Source, _pool, _budget, home);
        }

        arena.Open();
        return arena;
    }

    private void DropArenas()
    {
        foreach (Stack<FrameArena>? home in _homes)
        {
            while (home?.TryPop(out FrameArena? arena) == true)
            {
                arena.Drop();
            }
        }
    }

    private void Call(LoadedInstruction instruction)
    {
        LoadedFunction callee = _program.Functions[instruction.Code.D];
        int scalars = callee.Source.ScalarParameters.Length;
        Grow(ref _scalars, scalars);
        for (int i = scalars - 1; i >= 0; i--)
        {
            _scalars[i] = _stack.Pop();
        }

        int count = instruction.Inputs.Length;
        Grow(ref _moving, count);
        for (int i = 0; i < count; i++)
        {
            _moving[i] = _values.Hand(instruction, i, _first);
        }

        int caller = _pc;
        Open(callee, _pc + 1);
        _context.ResultOf = null;
        try
        {
            for (int i = 0; i < count; i++)
            {
                NbcValue? value = _moving[i];
                _moving[i] = null;
                _registers.Set(_first + callee.Source.Parameters[i], value);
            }

            for (int i = 0; i < scalars; i++)
            {
                _stack.Store(i, _scalars[i]);
            }
        }
        catch
        {
            (_function, _pc) = (_calls[_depth - 2].Function, caller); // it is the call that failed
            throw;
        }
    }

    private void Return()
    {
        if (_depth == 1)
        {
            _depth = 0;
            return;
        }

        CallRecord ended = _calls[_depth - 1];
        CallRecord caller = _calls[_depth - 2];
        ReadOnlySpan<int> results = ended.Function.Source.Results.AsSpan();
        Grow(ref _moving, results.Length);
        for (int i = 0; i < results.Length; i++)
        {
            bool isLast = results[(i + 1)..].IndexOf(results[i]) < 0;
            int at = ended.First + results[i];
            _moving[i] = isLast ? _registers.Take(at) : _registers.Share(_registers[at]);
        }

        int address = _stack.ExitCall();
        _registers.Close(ended.First);
        ended.Arena?.Close();
        _calls[--_depth] = default;
        (_function, _first, _arena, _pc) = (caller.Function, caller.First, caller.Arena, address - 1);
        _context.ResultOf = _depth == 1 ? _function.ResultOf : null;
        int[] outputs = _function.Code[_pc].Outputs;
        for (int i = 0; i < outputs.Length; i++)
        {
            NbcValue? value = _moving[i];
            _moving[i] = null;
            if (outputs[i] >= 0)
            {
                _registers.Set(_first + outputs[i], value);
            }
            else
            {
                _registers.Drop(value);
            }
        }

        _pc = address;
    }

    private void WriteResults(Span<NbcValue?> outputs)
    {
        LoadedFunction entry = _calls[0].Function;
        for (int i = 0; i < outputs.Length; i++)
        {
            NbcValue? result = _registers[_calls[0].First + entry.Source.Results[i]];
            if (result is not TensorValue tensor)
            {
                outputs[i] = result is null ? null : ValueCopies.OnHeap(result);
                continue;
            }

            TensorValue target = outputs[i] as TensorValue ?? new TensorValue();
            if (tensor.Memory is HeapMemory heap && !IsAnothers(outputs[..i], heap))
            {
                target.ResetView(tensor, tensor.Shape);
            }
            else
            {
                ValueCopies.CopyTo(tensor, target);
            }

            outputs[i] = target;
        }
    }

    private static bool IsAnothers(ReadOnlySpan<NbcValue?> earlier, HeapMemory memory)
    {
        foreach (NbcValue? each in earlier)
        {
            if (each is TensorValue tensor && ReferenceEquals(tensor.Memory, memory))
            {
                return true;
            }
        }

        return false;
    }

    private void End()
    {
        _context.Abandon();
        for (int i = 0; i < _moving.Length; i++)
        {
            _registers.Drop(_moving[i]);
            _moving[i] = null;
        }

        _registers.Close(0);
        for (int i = _calls.Length - 1; i >= 0; i--)
        {
            _calls[i].Arena?.Close();
            _calls[i] = default;
        }

        if (_place >= 0)
        {
            _tasks!.Remove(_place);
            _place = -1;
        }

        _stack.Clear();
        _stack.Begin(NbcTask.Default, NbcTask.Default);
        for (int i = 0; i < _globals.Length; i++)
        {
            _budget.GiveBack(StackManager.BytesOf(_globals[i]));
            _globals[i] = default;
        }

        _host.End();
        Array.Clear(_wanted);
        Array.Clear(_scalars);
        (_depth, _lent, _context.ResultOf) = (0, 0, null);
        _run = NbcRun.Default;
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            Array.Resize(ref array, Math.Max(count, array.Length * 2));
        }
    }
}
