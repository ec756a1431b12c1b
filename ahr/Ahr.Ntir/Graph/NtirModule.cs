namespace Ahr.Ntir.Graph;

/// <summary>A function: a name and a body.</summary>
public sealed class NtirFunction(string name)
{
    public string Name { get; } = name;

    public NtirRegion Body { get; } = new(null);
}

/// <summary>A whole model.</summary>
public sealed class NtirModule
{
    public const string MainName = "main";

    private readonly List<NtirFunction> _functions = [];
    private readonly Dictionary<string, NtirFunction> _byName = new(StringComparer.Ordinal);

    public NtirModule() => AddFunction(MainName);

    /// <summary>The function that is the model; always there, always first.</summary>
    public NtirFunction Main => _functions[0];

    public IReadOnlyList<NtirFunction> Functions => _functions;

    /// <summary>Names of the results of <see cref="Main"/>, in order; a value may be several results, or an input too.
    /// Where it is shorter, the value's own name counts.</summary>
    public List<string> OutputNames { get; } = [];

    /// <summary>The name of a result of <see cref="Main"/>: its own, else its value's, else <c>output</c> and its
    /// place.</summary>
    public string NameOfOutput(int index) =>
        index < OutputNames.Count ? OutputNames[index] : Main.Body.Results[index].Name ?? $"output{index}";

    /// <summary>What the model says of itself: producer, version, licence and the like.</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public NtirFunction AddFunction(string name)
    {
        NtirFunction function = new(name);
        _functions.Add(function);
        _byName.TryAdd(name, function);
        return function;
    }

    /// <summary>The first function of this name.</summary>
    public NtirFunction? FindFunction(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Takes functions away; <see cref="Main"/> stays.</summary>
    public void RemoveFunctions(Predicate<NtirFunction> isRemoved)
    {
        _functions.RemoveAll(function => function != Main && isRemoved(function));
        _byName.Clear();
        _functions.ForEach(function => _byName.TryAdd(function.Name, function));
    }
}
