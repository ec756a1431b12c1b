namespace Nbc.Kernels;

/// <summary>All operators, by name and by opcode.</summary>
public static class KernelTable
{
    private static readonly SortedDictionary<string, KernelDescriptor> s_byName = Build();

    private static readonly Dictionary<ushort, KernelDescriptor> s_byOpcode =
        s_byName.Values.ToDictionary(descriptor => descriptor.Opcode);

    /// <summary>In ordinal order of the names.</summary>
    public static IEnumerable<KernelDescriptor> All => s_byName.Values;

    public static KernelDescriptor? Find(string name) => s_byName.GetValueOrDefault(name);

    public static KernelDescriptor? Find(ushort opcode) => s_byOpcode.GetValueOrDefault(opcode);

    // Each group of operators has a range of opcodes of its own and a file in Descriptors/.
    private static SortedDictionary<string, KernelDescriptor> Build()
    {
        SortedDictionary<string, KernelDescriptor> table = new(StringComparer.Ordinal);
        IEnumerable<KernelDescriptor>[] groups =
        [
            Descriptors.Elementwise.All,    // 0x1000
            Descriptors.Reduction.All,      // 0x1200
            Descriptors.Movement.All,       // 0x1400
            Descriptors.Making.All,         // 0x1600
            Descriptors.Neural.All,         // 0x1800
            Descriptors.Signal.All,         // 0x1A00
            Descriptors.Quantised.All,      // 0x1C00
            Descriptors.MachineLearning.All, // 0x2000
            Descriptors.Microsoft.All,      // 0x2400
            Descriptors.Training.All,       // 0x2800
            Descriptors.Control.All,        // 0x3000
        ];
        foreach (KernelDescriptor descriptor in groups.SelectMany(group => group))
        {
            table.Add(descriptor.Name, descriptor);
        }

        return table;
    }
}
