using Microsoft.CodeAnalysis;

namespace Noodle.Tidy.Tests;

public sealed class CodeRuleTests
{
    private const string Log = "[LoggerMessage({0}, LogLevel.Debug, \"x\")] static partial void A();\n";

    [Theory]
    [InlineData(57, 0)] // the signature and two braces make 60
    [InlineData(58, 1)]
    public void A_long_method_is_found(int bodyLines, int findings)
    {
        string body = string.Concat(Enumerable.Repeat("x();\n", bodyLines));
        (SourceFile file, SyntaxNode root) = Source("a/A/A.cs", $"class A\n{{\n/// doc\nvoid M()\n{{\n{body}}}\n}}\n");

        Finding[] found = [.. CodeRules.MethodLength(file, root)];

        Assert.Equal(findings, found.Length);
        Assert.All(found, f => Assert.Equal(4, f.Line));
    }

    [Fact]
    public void A_long_getter_is_found_but_a_long_table_is_not()
    {
        string lines = new('\n', 70);
        (SourceFile file, SyntaxNode root) = Source("a/A/A.cs",
            $"class A {{ int[] T => [{lines}]; int G {{ get {{ {lines} return 1; }} }} A() {{ {lines} }} }}\n");

        Assert.Collection(CodeRules.MethodLength(file, root),
            f => Assert.StartsWith("G has 71 lines", f.Message, StringComparison.Ordinal),
            f => Assert.StartsWith("A has 71 lines", f.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("class LinkManager;", 1)]
    [InlineData("static class StringUtils;", 1)]
    [InlineData("struct CommonThings;", 1)]
    [InlineData("enum PathHelpers { }", 1)]
    [InlineData("delegate void UtilityCall();", 1)]
    [InlineData("class ResourceManagerTests;", 0)]
    [InlineData("class StackManager;", 0)]
    [InlineData("class Commonwealth;", 0)]
    public void A_name_that_says_nothing_is_found(string text, int findings)
    {
        (SourceFile file, SyntaxNode root) = Source("a/A/A.cs", text);

        Assert.Equal(findings, CodeRules.TypeNames(file, root).Count());
    }

    [Theory]
    [InlineData("a/tests/A.Tests/A.cs", "class A { void M() { Thread.Sleep(5); } }", 1)]
    [InlineData("a/tests/A.Tests/A.cs", "class A { string s = \"Thread.Sleep(5)\"; }", 0)]
    [InlineData("a/A/A.cs", "class A { void M() { Thread.Sleep(5); } }", 0)]
    public void A_sleeping_test_is_found(string path, string text, int findings)
    {
        (SourceFile file, SyntaxNode root) = Source(path, text);

        Assert.Equal(findings, CodeRules.Sleeps(file, root).Count());
    }

    [Fact]
    public void Log_messages_elsewhere_and_a_second_log_file_are_found()
    {
        string text = "class A { " + Message("2100") + " }";
        Finding[] found = [.. CodeRules.LogFiles([
            Source("noodlenet/NoodleNet.Runtime/Log.cs", text), Source("noodlenet/NoodleNet.Runtime/Link/Log.cs", text),
            Source("nbc/Nbc.Runtime/Log.cs", text), Source("nbc/Nbc.Runtime/Vm.cs", text),
            Source("nbc/Nbc/Vm.cs", "class B;")])];

        Assert.Equal(["noodlenet/NoodleNet.Runtime/Link/Log.cs", "nbc/Nbc.Runtime/Vm.cs"], found.Select(f => f.Path));
    }

    [Theory]
    [InlineData("noodlenet/NoodleNet.Runtime/Log.cs", "2000", "")]
    [InlineData("noodlenet/NoodleNet.Runtime/Log.cs", "3000", "outside the range 2000-2999")]
    [InlineData("nbc/Nbc.Runtime/Log.cs", "2999", "outside the range 3000-3999")]
    [InlineData("ahr/Ahr.Backends/Onnx/Log.cs", "EventId = 4999", "")]
    [InlineData("node/Noodle.Serving/Log.cs", "5500", "outside the range 5000-5499")]
    [InlineData("node/Noodle.Node/Log.cs", "5500", "")]
    [InlineData("node/Noodle.Cli/Log.cs", "5600", "no range")]
    [InlineData("node/Noodle.Node/Log.cs", "Ids.Started", "no event id")]
    [InlineData("node/Noodle.Node/Log.cs", "Level = LogLevel.Debug", "no event id")]
    public void An_event_id_stays_in_its_range(string path, string id, string said)
    {
        Finding[] found = [.. LogRules.EventIds([Source(path, "class A { " + Message(id) + " }")])];

        Assert.Equal(said.Length > 0, found.Length > 0);
        Assert.All(found, f => Assert.Contains(said, f.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_id_given_twice_is_found_across_files()
    {
        Finding found = Assert.Single(LogRules.EventIds([
            Source("ahr/Ahr.Runtime/Log.cs", "class A { " + Message("4000") + " }"),
            Source("ahr/Ahr.Backends/Log.cs", "class A {\n" + Message("4000") + " }")]));

        Assert.Equal(("ahr/Ahr.Backends/Log.cs", 2), (found.Path, found.Line));
        Assert.Contains("taken by ahr/Ahr.Runtime/Log.cs:1", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nbc/Nbc.Runtime/Vm/Log.cs", "Nbc.Runtime")]
    [InlineData("nbc/tests/Nbc.Tests/Vm/A.cs", "Nbc.Tests")]
    [InlineData("bench/A.cs", "bench")]
    [InlineData("nbc/tests/A.cs", "tests")]
    public void A_path_names_its_project(string path, string project) =>
        Assert.Equal(project, CodeRules.ProjectOf(path));

    private static string Message(string id) => Log.Replace("{0}", id, StringComparison.Ordinal);

    private static (SourceFile File, SyntaxNode Root) Source(string path, string text)
    {
        SourceFile file = new(path, text);
        return (file, CodeRules.Parse(file));
    }
}
