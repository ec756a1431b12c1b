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

    private readonly List<NtirFunction> _functions = [new(MainName)];

    /// <summary>The function that is the model; always there, always first.</summary>
    public NtirFunction Main => _functions[0];

    public IReadOnlyList<NtirFunction> Functions => _functions;

    /// <summary>Names of the results of <see cref="Main"/>, in order; a value may be several results, or an input too.
    /// Where it is shorter, the value's own name counts.</summary>
    public List<string> OutputNames { get; } = [];

    /// <summary>What the model says of itself: producer, version, licence and the like.</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public NtirFunction AddFunction(string name)
    {
        NtirFunction function = new(name);
        _functions.Add(function);
        return function;
    }

    public NtirFunction? FindFunction(string name) => _functions.Find(function => function.Name == name);

    public void RemoveFunctions(Predicate<NtirFunction> isRemoved) =>
        _functions.RemoveAll(function => function != Main && isRemoved(function));
}
