using System.Collections.Immutable;
using Nbc.Kernels;
using Nbc.Values;

namespace Nbc.Instructions;

/// <summary>Puts a program together. It checks nothing that the verifier checks.</summary>
/// <example><code>
/// NbcProgramBuilder program = new();
/// NbcFunctionBuilder main = program.AddFunction("main");
/// int x = main.AddRegister(NbcType.Tensor(ElementType.Float32, 2)), y = main.AddRegister(NbcType.Any);
/// main.Parameters = [x];
/// main.Results = [y];
/// main.Kernel("relu", KernelAttributes.None, [x], [y], "the model's node");
/// main.Emit(NbcOpcode.Ret);
/// NbcProgram built = program.Build();
/// </code></example>
public sealed class NbcProgramBuilder
{
    private readonly List<NbcFunctionBuilder> _functions = [];
    private readonly List<NbcConstant> _constants = [];
    private readonly Dictionary<string, int> _constantNames = new(StringComparer.Ordinal);
    private readonly List<NbcScalar> _scalars = [];
    private readonly Dictionary<NbcScalar, int> _scalarIndex = [];
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _nameIndex = new(StringComparer.Ordinal);
    private readonly List<KernelAttributes> _attributes = [];
    private readonly List<NbcGlobal> _globals = [];

    /// <summary>Index of the function that a run starts with.</summary>
    public int Entry { get; set; }

    public List<NbcPort> Inputs { get; } = [];

    public List<NbcPort> Outputs { get; } = [];

    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public NbcFunctionBuilder AddFunction(string name)
    {
        NbcFunctionBuilder function = new(this, name, _functions.Count);
        _functions.Add(function);
        return function;
    }

    /// <returns>The operand that stands for the constant.</returns>
    public int AddConstant(NbcConstant constant)
    {
        ArgumentNullException.ThrowIfNull(constant);
        _constantNames.TryAdd(constant.Name, _constants.Count);
        _constants.Add(constant);
        return NbcOperand.Constant(_constants.Count - 1);
    }

    /// <summary>Adds a tensor, which must not change from then on.</summary>
    /// <param name="name">Made unique by a number when it is taken; one is made up when it is null.</param>
    /// <returns>The operand that stands for the constant.</returns>
    public int AddConstant(TensorValue value, string? name = null) =>
        AddConstant(NbcConstant.Of(UniqueConstantName(name), value));

    /// <summary>The name, or one made of it that no constant has.</summary>
    public string UniqueConstantName(string? name)
    {
        string first = name ?? $"c{_constants.Count}";
        string unique = first;
        for (int i = 1; _constantNames.ContainsKey(unique); i++)
        {
            unique = $"{first}.{i}";
        }

        return unique;
    }

    /// <returns>The index of the global.</returns>
    public int AddGlobal(string name, NbcScalar initial)
    {
        _globals.Add(new NbcGlobal(name, initial));
        return _globals.Count - 1;
    }

    /// <returns>The index of an equal scalar, which is added when there is none.</returns>
    public int AddScalar(NbcScalar scalar) => AddOnce(_scalars, _scalarIndex, scalar);

    /// <returns>The index of the name, which is added when it is new.</returns>
    public int AddName(string name) => AddOnce(_names, _nameIndex, name);

    /// <returns>The index of the attributes, or -1 when there are none.</returns>
    public int AddAttributes(KernelAttributes? attributes)
    {
        if (attributes is null or { Count: 0 })
        {
            return NbcInstruction.NoDetail;
        }

        int last = _attributes.Count - 1;
        if (last >= 0 && ReferenceEquals(_attributes[last], attributes))
        {
            return last;
        }

        _attributes.Add(attributes);
        return last + 1;
    }

    public NbcProgram Build() => new()
    {
        Functions = [.. _functions.Select(function => function.Build())],
        Entry = Entry,
        Inputs = [.. Inputs],
        Outputs = [.. Outputs],
        Constants = [.. _constants],
        Scalars = [.. _scalars],
        Attributes = [.. _attributes],
        Names = [.. _names],
        Globals = [.. _globals],
        Metadata = Metadata.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    private static int AddOnce<T>(List<T> list, Dictionary<T, int> index, T item)
        where T : notnull
    {
        if (!index.TryGetValue(item, out int found))
        {
            found = list.Count;
            index.Add(item, found);
            list.Add(item);
        }

        return found;
    }
}
