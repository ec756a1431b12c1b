using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir.Ops;

namespace Ahr.Importers.Tests.Onnx;

public sealed class OperatorTableTests
{
    private const string Rewrite = "NOODLE_WRITE_DOCS";
    private const string Page = "docs/onnx.md";

    [Fact]
    public void The_page_of_operators_says_what_the_importer_does()
    {
        string root = Root();
        string page = OperatorTable.Write(OpTable.Find);
        string path = Path.Combine(root, Page);
        if (Environment.GetEnvironmentVariable(Rewrite) == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == page,
            $"{Page} does not say what the importer does; write it anew: {Rewrite}=1 dotnet run " +
            "--project ahr/tests/Ahr.Importers.Tests -c Release -- --filter-class '*OperatorTableTests'");
    }

    [Fact]
    public void Every_operation_that_stands_for_an_operator_of_a_domain_is_in_the_table()
    {
        HashSet<string> known = [.. OnnxOps.All.Select(op => op.NtirName)];
        Assert.DoesNotContain(OpTable.All.Where(definition => !definition.IsStructural)
            .Select(definition => definition.Name)
            .Where(name => name.StartsWith("ms.", StringComparison.Ordinal)
                || name.StartsWith("ml.", StringComparison.Ordinal)),
            name => !known.Contains(name));
    }

    [Fact]
    public void Versions_rise_and_end_with_the_newest() => Assert.All(OnnxOps.All, op =>
    {
        Assert.Equal(op.Since.Order(), op.Since);
        Assert.InRange(op.Since[^1], 1, OnnxOps.NewestOf(op.Domain)!.Value);
        Assert.Null(op.VersionIn(op.Since[0] - 1));
        Assert.Equal(op.Since[^1], op.VersionIn(OnnxOps.NewestOf(op.Domain)!.Value));
        Assert.All(op.Steps.Where(step => step.Before != VersionStep.Every), step =>
            Assert.True(step.Before > op.Since[0], $"no {op.Name} is older than {step.Before}"));
    });

    [Fact]
    public void An_operator_is_found_by_its_domain_and_name()
    {
        Assert.Equal("add", OnnxOps.Find(OnnxNames.Standard, "Add")!.NtirName);
        Assert.Null(OnnxOps.Find(OnnxNames.Microsoft, "Add"));
        Assert.Null(OnnxOps.NewestOf("com.example"));
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Noodle.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
