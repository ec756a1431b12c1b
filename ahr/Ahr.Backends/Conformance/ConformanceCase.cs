namespace Ahr.Backends.Conformance;

/// <summary>One folder in the layout of ONNX's backend tests.</summary>
/// <param name="Name">Path of the folder, relative to where the search began, with <c>/</c>.</param>
public sealed record ConformanceCase(string Name, string ModelPath, IReadOnlyList<ConformanceDataSet> DataSets)
{
    /// <summary>All cases below a folder, in ordinal order of their names.</summary>
    public static IReadOnlyList<ConformanceCase> Find(string folder)
    {
        List<ConformanceCase> cases = [];
        foreach (string model in Directory.EnumerateFiles(folder, "model.onnx", SearchOption.AllDirectories))
        {
            string home = Path.GetDirectoryName(model)!;
            ConformanceDataSet[] sets = [.. Directory.EnumerateDirectories(home, "test_data_set_*")
                .Order(StringComparer.Ordinal).Select(ConformanceDataSet.Read)];
            string name = Path.GetRelativePath(folder, home).Replace('\\', '/');
            cases.Add(new ConformanceCase(name == "." ? Path.GetFileName(home) : name, model, sets));
        }

        cases.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return cases;
    }
}

/// <summary>Files with inputs and their outputs, by position; null where a number is left out.</summary>
public sealed record ConformanceDataSet(
    string Name, IReadOnlyList<string?> Inputs, IReadOnlyList<string?> Outputs)
{
    internal static ConformanceDataSet Read(string folder) =>
        new(Path.GetFileName(folder), Numbered(folder, "input_"), Numbered(folder, "output_"));

    private static string?[] Numbered(string folder, string prefix)
    {
        SortedDictionary<int, string> found = [];
        foreach (string path in Directory.EnumerateFiles(folder, prefix + "*.pb"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path)[prefix.Length..], out int number) && number < 1000)
            {
                found[number] = path;
            }
        }

        string?[] paths = new string?[found.Count == 0 ? 0 : found.Keys.Last() + 1];
        foreach ((int number, string path) in found)
        {
            paths[number] = path;
        }

        return paths;
    }
}
