using Nbc.Values;

namespace Ahr.Importers;

/// <summary>The files beside a model, for weights that are not in the model file itself.</summary>
/// <remarks>
/// An importer asks only for names that stay in the model's own folder: relative, parts divided by <c>/</c>, none of
/// them empty, <c>.</c> or <c>..</c>, no backslash, colon or NUL. Whoever implements this refuses links of any kind.
/// </remarks>
public interface IModelFiles
{
    /// <summary>The whole content of a file, mapped rather than copied.</summary>
    /// <param name="location">Relative to the model's folder.</param>
    /// <param name="problem">Why there is no such content, as the end of a sentence: <c>it is a link</c>.</param>
    /// <returns>Null when it may not or cannot be read. The importer asks once for each location and never releases
    /// what it gets: constants of the module lie in it.</returns>
    TensorMemory? Open(string location, out string problem);
}

/// <summary>For models that keep everything in one file: no other file exists.</summary>
public sealed class NoModelFiles : IModelFiles
{
    public static readonly NoModelFiles Instance = new();

    private NoModelFiles()
    {
    }

    /// <inheritdoc/>
    public TensorMemory? Open(string location, out string problem)
    {
        problem = "only the model file itself was given";
        return null;
    }
}
