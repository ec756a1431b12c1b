using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Kernels;

namespace Ahr.Lowering;

/// <summary>Which registers lie in the arena, and where.</summary>
/// <remarks>
/// Meaning: planned is a register that exactly one kernel makes, whose size is known, and whose memory nobody keeps
/// beyond its destruction: it is never moved into another register, nor put into a sequence or an optional. A result
/// that may be a view of an operand keeps that operand's place until the view is gone too. A kernel that may write over
/// its first operand gets that operand's place when both are of one size and the operand ends there.
/// </remarks>
internal sealed class RegisterPlan(NbcFunctionBuilder function)
{
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly List<int> _order = [];

    /// <summary>Notes what a kernel makes and uses.</summary>
    public void Kernel(NtirOp op, int instruction, int[] inputs, int[] outputs)
    {
        KernelDescriptor descriptor = KernelTable.Find(op.Name)!;
        bool isPlain = op.Results.All(result => result.Type is TensorType) &&
            op.Operands.All(operand => operand is null || operand.Type is TensorType);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] < 0)
            {
                continue;
            }

            Entry entry = new(instruction, TypeMap.StaticBytes(op.Results[i].Type));
            _entries[outputs[i]] = entry;
            _order.Add(outputs[i]);
            if (i == 0 || descriptor.Has(KernelTraits.View))
            {
                Relate(descriptor, entry, inputs);
            }
        }

        if (!isPlain)
        {
            foreach (int operand in inputs.Concat(outputs))
            {
                Escapes(operand);
            }
        }
    }

    /// <summary>Notes that something may keep the register's memory after its end.</summary>
    public void Escapes(int operand)
    {
        if (_entries.TryGetValue(operand, out Entry? entry))
        {
            Root(entry).Escapes = true;
        }
    }

    public void Destroyed(int[] registers, int instruction)
    {
        foreach (int register in registers)
        {
            if (_entries.TryGetValue(register, out Entry? entry))
            {
                entry.Last = instruction;
                Entry root = Root(entry);
                root.Last = Math.Max(root.Last, instruction);
            }
        }
    }

    /// <summary>Gives places to all registers that can have one.</summary>
    public void Apply()
    {
        List<int> owners = [];
        foreach (int register in _order)
        {
            Entry entry = _entries[register];
            if (IsPlanned(entry))
            {
                Adopt(entry);
                owners.Add(register);
            }
        }

        List<int> places = [.. owners.Where(register => _entries[register].Shares is null)];
        ArenaRequest[] requests = [.. places.Select(register => _entries[register])
            .Select(entry => new ArenaRequest(entry.Bytes, entry.First, entry.End))];
        (long[] offsets, long size) = ArenaPlanner.Plan(requests);
        for (int i = 0; i < places.Count; i++)
        {
            _entries[places[i]].Offset = offsets[i];
        }

        foreach (int register in owners)
        {
            Entry entry = _entries[register];
            Entry place = PlaceOf(entry);
            function.SetRegister(register, new NbcRegister(TypeOf(register), place.Offset, entry.Bytes));
        }

        function.ArenaBytes = size;
    }

    private void Relate(KernelDescriptor descriptor, Entry entry, int[] inputs)
    {
        if (inputs.Length == 0 || !_entries.TryGetValue(inputs[0], out Entry? source))
        {
            entry.IsView = descriptor.Has(KernelTraits.View);
            return;
        }

        if (descriptor.Has(KernelTraits.View))
        {
            entry.IsView = true;
            entry.ViewOf = source;
        }
        else if (descriptor.Has(KernelTraits.InPlace))
        {
            entry.Over = source;
        }
    }

    // In the order of the instructions: the operand's end is known, since it was destroyed behind this very kernel.
    private static void Adopt(Entry entry)
    {
        if (entry.Over is { } source && source.Bytes == entry.Bytes && IsPlanned(source) &&
            source.Last == entry.First + 1)
        {
            entry.Shares = source;
            Entry place = PlaceOf(source);
            place.End = Math.Max(place.End, entry.Last);
        }
        else
        {
            entry.End = entry.Last;
        }
    }

    private static bool IsPlanned(Entry entry) =>
        entry is { IsView: false, Escapes: false, Bytes: > 0 } && entry.Last > entry.First;

    private static Entry PlaceOf(Entry entry) => entry.Shares is { } other ? PlaceOf(other) : entry;

    private static Entry Root(Entry entry) => entry.ViewOf is { } source ? Root(source) : entry;

    private NbcType TypeOf(int register) => function.RegisterOf(register).Type;

    private sealed class Entry(int first, long bytes)
    {
        public int First { get; } = first;

        public long Bytes { get; } = bytes;

        /// <summary>Where it and the last of its views are destroyed; before that: -1.</summary>
        public int Last { get; set; } = -1;

        /// <summary>End of its place, lengthened by those that take it over.</summary>
        public int End { get; set; }

        public bool IsView { get; set; }

        public Entry? ViewOf { get; set; }

        /// <summary>The operand that the kernel may write over.</summary>
        public Entry? Over { get; set; }

        /// <summary>The register whose place it takes over.</summary>
        public Entry? Shares { get; set; }

        public bool Escapes { get; set; }

        public long Offset { get; set; } = -1;
    }
}
