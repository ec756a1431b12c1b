using Ahr.Backends.Auto;
using Ahr.Backends.Bytecode;
using Ahr.Conformance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ahr.Backends.Tests;

/// <summary>One suite, every backend: the same inputs and the same expectations.</summary>
[Collection("engine")]
public sealed class SuiteTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string backend in new[] { "onnxruntime", "nbc", "auto" })
            {
                foreach (SuiteCase test in OpSuite.All)
                {
                    cases.Add(backend, test.Name);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_backend_answers_alike(string backend, string name)
    {
        SuiteCase test = OpSuite.All.Single(each => each.Name == name);
        Assert.Null(await SuiteRun.CheckAsync(Make(backend), test, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_suite_sees_a_wrong_answer()
    {
        SuiteCase right = OpSuite.All[0];
        SuiteCase wrong = right with { Outputs = [ModelFolder.Floats("y", [4], 0, 0, 2, 0.5f)] };
        Assert.Equal(
            "run 0: element 3 of output y is 0, not 0.5",
            await SuiteRun.CheckAsync(Make("nbc"), wrong, TestContext.Current.CancellationToken));
    }

    internal static IBackend Make(string name) => name switch
    {
        "onnxruntime" => ModelFolder.Backend,
        "nbc" => new NbcBackend(new NbcBackendOptions(), NullLogger<NbcBackend>.Instance),
        _ => new AutoBackend(
            [Make("nbc"), Make("onnxruntime")], TimeProvider.System, NullLogger<AutoBackend>.Instance),
    };
}
