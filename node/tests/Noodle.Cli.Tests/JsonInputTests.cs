using System.Text;
using Nbc.Tensors;
using Noodle.Cli.Inputs;
using static Noodle.Cli.Tests.InputFiles;

namespace Noodle.Cli.Tests;

public sealed class JsonInputTests
{
    private static readonly TensorSpec[] s_two =
        [Spec("a", ElementType.Int32, -1, 2), Spec("b", ElementType.String, -1)];

    private static Task<IReadOnlyList<Tensor>> ReadTwo(string json) => InputReader.ReadAsync(
        s_two, ["-"], new(() => new MemoryStream(Encoding.UTF8.GetBytes(json))), CancellationToken.None);

    [Theory]
    [InlineData("""{"inputs":[{"name":"b","shape":[1],"datatype":"BYTES","data":["x"]}""" +
        """,{"name":"a","shape":[1,2],"data":[1,2]}]}""")]
    [InlineData("""{"b":["x"],"a":[[1,2]]}""")]
    [InlineData("""  {"b":"x","a":[1,2]}""")]
    public async Task Several_inputs_come_from_one_file_in_the_models_order(string json)
    {
        IReadOnlyList<Tensor> tensors = await ReadTwo(json);
        Assert.Equal(["a", "b"], tensors.Select(tensor => tensor.Name));
        Assert.Equal([1, 2], tensors[0].Shape);
        Assert.Equal([1, 0, 0, 0, 2, 0, 0, 0], tensors[0].Data.ToArray());
        Assert.Equal([1, 0, 0, 0, 120], tensors[1].Data.ToArray());
    }

    [Theory]
    [InlineData("[0.5,1]", new long[] { 1, 2 })]
    [InlineData("\uFEFF[[0.5,1]]", new long[] { 1, 2 })]
    [InlineData("[0.5,1,2,3]", new long[] { 2, 2 })]
    public async Task A_bare_array_goes_to_the_only_input(string json, long[] shape) =>
        Assert.Equal(
            shape, (await ReadAsync(Encoding.UTF8.GetBytes(json), Spec("x", ElementType.Float32, -1, 2))).Shape);

    [Theory]
    [InlineData("""{"a":[[1,2]]}""", "The model also needs the input b BYTES [-1]; give it with --input b=FILE.")]
    [InlineData("""{"c":1}""", "the model has no input 'c'; its inputs are 'a', 'b'.")]
    [InlineData("[1]", "could be any of 'a', 'b'")]
    [InlineData("{", "is not JSON at line 1")]
    [InlineData("""{"a":[1.5,2]}""", "input 'a': 1.5 is not a INT32; the model takes a INT32 [-1, 2].")]
    [InlineData("""{"a":[1,2],"a":[1,2]}""", "gives input 'a' a second time")]
    [InlineData("""{"inputs":[{"data":[]}]}""", "has no name")]
    [InlineData("""{"inputs":[{"name":"a"}]}""", "binary data is not read from a file")]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","data":[]}]}""", "is given as 'FP32'")]
    [InlineData("""{"inputs":[{"name":"a","shape":[2,2],"data":[1,2]}]}""", "not as many elements as its shape says")]
    [InlineData("""{"inputs":[{"name":"a","shape":["x"],"data":[1]}]}""", "not as many elements")]
    [InlineData("""{"inputs":[{"name":"a","shape":2,"data":[1,2]}]}""", "not as many elements")]
    [InlineData("""{"b":["\ud800"]}""", "not")]
    [InlineData("""{"\ud800":1}""", "not Unicode")]
    public async Task A_mistake_is_one_sentence_with_the_way_out(string json, string sentence) =>
        Assert.Contains(sentence, (await Assert.ThrowsAsync<InputException>(() => ReadTwo(json))).Message);
}
