using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Network;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Machine;

/// <summary>Instructions that reach beyond the machine: output, resources, placement, network.</summary>
internal sealed class HostUnit(
    NbcProgram program, StackManager stack, RegisterFile registers, MachineContext context, RunClock clock,
    IResourceAccount? account)
{
    private static readonly ResourceKind[] s_kinds = Enum.GetValues<ResourceKind>();
    private readonly long[] _held = new long[s_kinds.Length];
    private NbcRun _run = NbcRun.Default;
    private NbcPlacement? _placement;
    private bool _mayHandOver;
    private long _charsLeft;

    /// <summary>True when the next operation has conditions.</summary>
    public bool HasPlacement => _placement is not null;

    public void Start(NbcRun run)
    {
        _run = run;
        _charsLeft = stack.Limits.OutputChars;
    }

    /// <summary>The run is over: what it holds goes back.</summary>
    public void End()
    {
        (_placement, _mayHandOver, _run) = (null, false, NbcRun.Default);
        foreach (ResourceKind kind in s_kinds)
        {
            if (_held[(int)kind] > 0)
            {
                account?.Release(kind, _held[(int)kind]);
                _held[(int)kind] = 0;
            }
        }
    }

    /// <summary>The next operation is here: its conditions must hold, and are gone then.</summary>
    /// <exception cref="NbcException">They do not hold (7005), or nobody can tell (7001).</exception>
    public void Place()
    {
        NbcPlacement placement = _placement!;
        _placement = null;
        if (!Network().CanPlace(placement))
        {
            throw new NbcException(NbcErrorCode.NoPlacement,
                $"it may not run here: on({placement.On}).qos({placement.Qos}).replicas({placement.Replicas})");
        }
    }

    public void Run(LoadedInstruction instruction, int first)
    {
        NbcInstruction code = instruction.Code;
        switch ((NbcOpcode)code.Opcode)
        {
            case NbcOpcode.Print:
                Print(stack.Pop().ToString());
                break;
            case NbcOpcode.ResourceAlloc or NbcOpcode.ResourceFree or NbcOpcode.ResourceQuery:
                RunResource((NbcOpcode)code.Opcode, (ResourceKind)code.A);
                break;
            case NbcOpcode.OnPlacement:
                _placement = Placement() with { On = program.Names[code.A] };
                break;
            case NbcOpcode.QosConstraint:
                _placement = Placement() with { Qos = program.Names[code.A] };
                break;
            case NbcOpcode.Replicas:
                _placement = Placement() with { Replicas = code.A };
                break;
            case NbcOpcode.PlacementCheck:
                stack.Push(_placement is null || _run.Network?.CanPlace(_placement) == true);
                break;
            case NbcOpcode.ZeroCopy:
                _mayHandOver = true;
                break;
            case NbcOpcode.NetworkTransfer or NbcOpcode.NetworkBatch:
                Send(instruction, first);
                break;
            case NbcOpcode.NetworkRecv:
                Receive(instruction, first);
                break;
            default:
                RunCollective(instruction, first);
                break;
        }
    }

    private NbcPlacement Placement() => _placement ?? new NbcPlacement(null, null, 1);

    private INbcNetwork Network()
    {
        if (!stack.Limits.AllowsNetwork)
        {
            throw new NbcException(NbcErrorCode.NotPermitted, "the sandbox has no network");
        }

        return _run.Network ?? throw new NbcException(NbcErrorCode.NoNetwork, "this run has no network");
    }

    private void Print(string line)
    {
        _charsLeft -= line.Length + 1;
        if (_charsLeft < 0)
        {
            throw new NbcException(NbcErrorCode.TooMuchOutput,
                $"the run printed the {stack.Limits.OutputChars} characters that it may");
        }

        _run.Print?.Invoke(line);
    }

    private void RunResource(NbcOpcode opcode, ResourceKind kind)
    {
        if (opcode == NbcOpcode.ResourceQuery)
        {
            stack.Push(account?.GetUse(kind).InUse ?? _held[(int)kind]);
            return;
        }

        long amount = stack.Pop().Int;
        bool isFree = opcode == NbcOpcode.ResourceFree;
        if (amount < 0 || (isFree && amount > _held[(int)kind]))
        {
            throw new NbcException(NbcErrorCode.WrongAmount, isFree
                ? $"{amount} of {kind} are to be freed, {_held[(int)kind]} are held"
                : $"{amount} of {kind} is no amount");
        }

        if (isFree)
        {
            _held[(int)kind] -= amount;
            account?.Release(kind, amount);
            return;
        }

        bool granted = amount <= long.MaxValue - _held[(int)kind] &&
            (kind != ResourceKind.Memory || amount <= stack.Limits.MemoryBytes - _held[(int)kind]) &&
            account?.TryReserve(kind, amount) != false;
        _held[(int)kind] += granted ? amount : 0;
        stack.Push(granted);
    }

    private void Send(LoadedInstruction instruction, int first)
    {
        string node = stack.Pop().Text;
        TensorValue[] values = new TensorValue[instruction.Inputs.Length];
        context.Begin(instruction, first, null);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = context.Input(i);
        }

        bool mayHandOver = _mayHandOver;
        _mayHandOver = false;
        if (mayHandOver)
        {
            // Blocks are used again: what the network reads later must be its own.
            values = Array.ConvertAll(values, value => (TensorValue)ValueCopies.OnHeap(value));
        }

        INbcNetwork network = Network();
        try
        {
            network.Send(
                node, program.Names[instruction.Code.D], values, mayHandOver, clock.Left, clock.Cancellation);
        }
        catch (NbcException lost) when (lost.Error.Code == NbcErrorCode.TransferFailed)
        {
            clock.CheckEnd();
            throw;
        }
    }

    private void Receive(LoadedInstruction instruction, int first)
    {
        string node = stack.Pop().Text;
        string channel = program.Names[instruction.Code.D];
        INbcNetwork network = Network();
        IReadOnlyList<TensorValue> values;
        try
        {
            values = network.Receive(node, channel, clock.Left, clock.Cancellation);
        }
        catch (NbcException lost) when (lost.Error.Code == NbcErrorCode.TransferFailed)
        {
            clock.CheckEnd();
            throw;
        }

        int[] outputs = instruction.Outputs;
        if (values.Count != outputs.Length)
        {
            throw new NbcException(NbcErrorCode.TransferFailed,
                $"a message by {channel} has {values.Count} tensors, {outputs.Length} are expected");
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] >= 0)
            {
                registers.Set(first + outputs[i], values[i]);
            }
        }
    }

    // Over one node a collective is the tensor itself.
    private void RunCollective(LoadedInstruction instruction, int first)
    {
        NbcOpcode opcode = (NbcOpcode)instruction.Code.Opcode;
        long root = opcode == NbcOpcode.DistributedBroadcast ? stack.Pop().Int : 0;
        INbcNetwork network = Network();
        if (network.GroupSize != 1)
        {
            throw new NbcException(NbcErrorCode.NoCollectives,
                $"{instruction.Descriptor.Mnemonic} over {network.GroupSize} nodes is not supported");
        }

        if (root != 0)
        {
            throw new NbcException(NbcErrorCode.UnknownNode, $"there is no rank {root} in a group of one node");
        }

        if (opcode == NbcOpcode.DistributedBarrier)
        {
            return;
        }

        context.Begin(instruction, first, null);
        TensorValue input = context.Input(0);
        if (opcode == NbcOpcode.DistributedAllGather && input.Rank == 0)
        {
            throw new NbcException(NbcErrorCode.WrongShape, "a tensor without dimensions has no first axis");
        }

        if (input.Type == ElementType.String && opcode == NbcOpcode.DistributedAllReduce)
        {
            throw new NbcException(NbcErrorCode.WrongType, "strings have no sum");
        }

        context.View(0, 0, input.Shape);
        context.Commit();
    }
}
