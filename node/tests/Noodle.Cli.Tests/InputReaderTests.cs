using Nbc.Tensors;
using Noodle.Cli.Inputs;
using static Noodle.Cli.Tests.InputFiles;

namespace Noodle.Cli.Tests;

public sealed class InputReaderTests : IDisposable
{
    private static readonly TensorSpec[] s_two = [Spec("a", ElementType.UInt8, -1), Spec("b", ElementType.UInt8, -1)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    private string File(string name, byte[] content)
    {
        string path = Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    private static Task<IReadOnlyList<Tensor>> Read(params string[] arguments) => InputReader.ReadAsync(
        s_two, arguments, new(() => new MemoryStream("[9]"u8.ToArray())), CancellationToken.None);

    private static async Task<string> Fail(params string[] arguments) =>
        (await Assert.ThrowsAsync<InputException>(() => Read(arguments))).Message;

    [Fact]
    public async Task Names_go_before_and_the_rest_takes_what_is_left()
    {
        string npy = File("x=1.npy", Npy("'|u1'", "(2,)", [1, 2])), json = File("y", "[3]"u8.ToArray());
        Assert.Equal([1, 3], (await Read(npy, $"b={json}")).Select(tensor => (int)tensor.Data.Span[0]));
        Assert.Equal([9, 1], (await Read($"b={npy}", "-")).Select(tensor => (int)tensor.Data.Span[0]));
        Assert.Equal([9, 1], (await Read("a=-", npy)).Select(tensor => (int)tensor.Data.Span[0]));
    }

    [Fact]
    public async Task A_mistake_in_the_arguments_is_one_sentence_with_the_way_out()
    {
        string json = File("y", "[3]"u8.ToArray()), zip = File("z", "PK"u8.ToArray());
        Assert.Contains("the model has no input 'c'; its inputs are 'a', 'b'.", await Fail("c=none"));
        Assert.Contains("There is no file 'none'; check the path.", await Fail("a=none"));
        Assert.Contains("There is no file 'no/ne'", await Fail("a=no/ne"));
        Assert.Contains("is not a file", await Fail($"a={_folder.FullName}"));
        Assert.Contains("is not a file", await Fail("a="));
        Assert.Contains("cannot be read", await Fail("a=x\0y"));
        Assert.Contains("Standard input is given twice", await Fail("a=-", "b=-"));
        Assert.Contains("second time", await Fail($"a={json}", $"a={json}"));
        Assert.Contains("one input too many; the model takes 2", await Fail($"a={json}", $"b={json}", json));
        Assert.Contains("neither .npy, JSON, PNG, JPEG nor BMP", await Fail($"a={zip}"));
        Assert.Contains("The model also needs the input a UINT8 [-1]", await Fail());
    }

    [Fact]
    public async Task Long_standard_input_is_read_whole()
    {
        byte[] file = Npy("'|u1'", "(200000,)", new byte[200_000]);
        file[^1] = 7;
        IReadOnlyList<Tensor> tensors = await InputReader.ReadAsync(
            [s_two[0]], ["-"], new(() => new PipeLike(file)), CancellationToken.None);
        Assert.Equal(7, tensors[0].Data.Span[199_999]);
    }

    [Fact]
    public async Task A_file_without_permission_is_named()
    {
        string path = File("secret", "[1]"u8.ToArray());
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return; // nothing is forbidden to root
        }

        System.IO.File.SetUnixFileMode(path, UnixFileMode.None);
        Assert.Contains("may not be read by you", await Fail($"a={path}"));
    }

    /// <summary>Like a pipe: no length.</summary>
    private sealed class PipeLike(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
