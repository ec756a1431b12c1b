using Nbc.Tensors;

namespace Noodle.Cli.Inputs;

/// <summary>Turns the arguments of <c>--input</c> into the inputs of a model.</summary>
/// <remarks>
/// An argument is <c>path</c> or <c>name=path</c>, and <c>-</c> is standard input. Without a name, an array or an image
/// goes to the one input that is left; JSON may hold several inputs by name. What a file is, its first bytes say.
/// </remarks>
internal sealed class InputReader
{
    private readonly IReadOnlyList<TensorSpec> _specs;
    private readonly InputOptions _options;
    private readonly Dictionary<string, Tensor> _found = new(StringComparer.Ordinal);

    private InputReader(IReadOnlyList<TensorSpec> specs, InputOptions options) => (_specs, _options) = (specs, options);

    /// <summary>Reads all inputs.</summary>
    /// <param name="specs">What the model takes.</param>
    /// <returns>One tensor for each spec, in their order.</returns>
    /// <exception cref="InputException">The first mistake.</exception>
    public static async Task<IReadOnlyList<Tensor>> ReadAsync(
        IReadOnlyList<TensorSpec> specs,
        IReadOnlyList<string> arguments,
        InputOptions options,
        CancellationToken cancellation)
    {
        InputReader reader = new(specs, options);
        bool standardInput = false;
        List<(TensorSpec? Spec, string Path)> parsed = [.. arguments.Select(reader.Parse)];

        // Named ones first, so that what has no name can take what is left.
        foreach ((TensorSpec? spec, string path) in parsed.OrderBy(argument => argument.Spec is null))
        {
            if (path == "-" && standardInput)
            {
                throw new InputException("Standard input is given twice; give '-' once, or one JSON with all inputs.");
            }

            standardInput |= path == "-";
            reader.Add(spec, await InputSource.ReadAsync(path, options, cancellation).ConfigureAwait(false));
        }

        return [.. specs.Select(spec => reader._found.TryGetValue(spec.Name, out Tensor? tensor)
            ? tensor
            : throw new InputException(
                $"The model also needs the input {spec}; give it with --input {spec.Name}=FILE."))];
    }

    private (TensorSpec? Spec, string Path) Parse(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            return (null, argument);
        }

        TensorSpec? spec = _specs.FirstOrDefault(spec => argument.AsSpan(0, equals).SequenceEqual(spec.Name));
        if (spec is not null)
        {
            return (spec, argument[(equals + 1)..]);
        }

        // A path may hold '=', too.
        return File.Exists(argument) ? (null, argument) : throw Unknown($"--input {argument}", argument[..equals]);
    }

    private void Add(TensorSpec? spec, InputSource source)
    {
        switch (source.Kind)
        {
            case InputKind.Npy:
                Add(NpyReader.Read(source, spec ?? Left(source)), source);
                break;
            case InputKind.Image:
                Add(ImageReader.Read(source, spec ?? Left(source), _options.Scale), source);
                break;
            case InputKind.Json when spec is not null:
                Add(JsonInputReader.ReadOne(source, spec), source);
                break;
            case InputKind.Json:
                IReadOnlyList<Tensor> tensors =
                    JsonInputReader.ReadAll(source, name => Find(source, name), () => Left(source));
                foreach (Tensor tensor in tensors)
                {
                    Add(tensor, source);
                }

                break;
            default:
                throw new InputException(
                    $"{source.Label} is neither .npy, JSON, PNG, JPEG nor BMP; save it as one of these.");
        }
    }

    private void Add(Tensor tensor, InputSource source)
    {
        if (!_found.TryAdd(tensor.Name, tensor))
        {
            throw new InputException(
                $"{source.Label} gives input '{tensor.Name}' a second time; give each input once.");
        }
    }

    /// <summary>The one input that nothing was given for yet.</summary>
    private TensorSpec Left(InputSource source)
    {
        List<TensorSpec> left = [.. _specs.Where(spec => !_found.ContainsKey(spec.Name))];
        return left.Count switch
        {
            1 => left[0],
            0 => throw new InputException($"{source.Label} is one input too many; the model takes {_specs.Count}."),
            _ => throw new InputException(
                $"{source.Label} could be any of {Names(left)}; say which with --input NAME=FILE."),
        };
    }

    private TensorSpec Find(InputSource source, string name) =>
        _specs.FirstOrDefault(spec => spec.Name == name) ?? throw Unknown(source.Label, name);

    private InputException Unknown(string where, string name) =>
        new($"{where}: the model has no input '{name}'; its inputs are {Names(_specs)}.");

    private static string Names(IEnumerable<TensorSpec> specs) =>
        string.Join(", ", specs.Select(spec => $"'{spec.Name}'"));
}
