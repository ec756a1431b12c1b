using Ahr.Backends.Bytecode;
using Ahr.Ntir.Binary;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;
using Ahr.Ntir.Types;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests;

public sealed class NtirFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-ntir-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_module_is_read_in_either_form_and_runs(bool isBinary)
    {
        NtirModule module = new();
        NtirRegion body = module.Main.Body;
        NtirValue x = body.AddParameter(new TensorType(ElementType.Float32, SymbolicShape.Of(2)), "x");
        NtirValue weights = body.Add(NtirOp.Constant(TensorValue.From<float>(ElementType.Float32, [3, 4], 2))).Result;
        body.AddResult(body.Add(new NtirOp("mul", [x, weights], [NtirType.Unknown])).Result);
        string path = Write(isBinary
            ? NtirBinary.ToBytes(module)
            : System.Text.Encoding.UTF8.GetBytes(NtirPrinter.Print(module)));

        (NtirModule read, _) = NbcCompilation.Import(path, allowFallback: false);
        bool isMapped = read.Main.Body.Ops[0].Attributes.Tensor("value")!.Memory is ForeignMemory;
        Assert.Equal(isBinary, isMapped);
        using NbcModel model = NbcRuntime.Load(NbcCompilation.Compile(read, "m.ntir"));
        TensorValue y = (TensorValue)model.Run(TensorValue.From<float>(ElementType.Float32, [10, 100], 2))[0]!;
        Assert.Equal([30, 400], y.Span<float>().ToArray());
    }

    [Theory]
    [InlineData("NTIR and nothing else", "whole header")]
    [InlineData("\"ntir.module\"", "NTIR201 at line 1")]
    [InlineData("", "NTIR201 at line 1")]
    public void What_is_broken_is_refused_by_name(string content, string detail)
    {
        string path = Write(System.Text.Encoding.UTF8.GetBytes(content));
        BackendException refused = Assert.Throws<BackendException>(
            () => NbcCompilation.Import(path, allowFallback: false));
        Assert.Contains("'m.ntir'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(detail, refused.Message, StringComparison.Ordinal);
    }

    private string Write(byte[] bytes)
    {
        string path = Path.Combine(_folder, "m.ntir");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
