using Ahr.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Frames;
using Nbc.Tensors;

namespace Ahr.Runtime.Tests;

public sealed class ModelKeyTests
{
    public static TheoryData<string, string, string> Texts => new()
    {
        { "abc", "abc", "auto" },
        { "abc:nbc", "abc", "nbc" },
        { "abc:x:y", "abc", "x:y" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_key_is_a_digest_and_a_backend(string text, string digest, string backend)
    {
        ModelKey key = text;
        Assert.Equal(new ModelKey(digest, backend), key);
        Assert.Equal(text, key.ToString());
        Assert.Equal(key, ModelKey.FromString(text));
    }

    [Fact]
    public void The_default_backend_is_not_written() =>
        Assert.Equal("abc", new ModelKey("abc", ModelKey.DefaultBackend).ToString());

    [Fact]
    public async Task One_file_is_loaded_for_several_backends_and_each_call_goes_to_its_own()
    {
        await using Scene scene = new();
        NamedBackend other = new("other");
        await using ModelHost host = new(
            Scene.Node(0), scene.Store, scene.Backend, scene.Account, null, new ModelHostOptions(),
            NullLogger<ModelHost>.Instance, other);
        string digest = await scene.ImportAsync([1, 2, 3]);
        ModelKey named = new(digest, "other");
        Assert.True(host.HasBackend("auto") && host.HasBackend("other") && !host.HasBackend("nobody"));
        Assert.Equal(new ModelKey(digest, "auto"), host.FindAny(digest)); // nothing is loaded
        Assert.Equal(ModelState.Ready, (await host.LoadAsync(named, default)).State);
        Assert.Equal(named, host.FindAny(digest));
        Assert.False(host.IsReady(digest));
        using (InferenceAnswer answer = await host.RunAsync(named, Scene.Number(1), null, default))
        {
            Assert.Equal("other", answer.Engine);
        }

        Assert.Equal(ModelState.Ready, (await host.LoadAsync(digest, default)).State);
        Assert.Equal(new ModelKey(digest, "auto"), host.FindAny(digest));
        Assert.Equal(["auto", "other"], host.List().Select(status => status.Backend));
        Assert.Equal(named, host.List()[1].Key);
        await host.UnloadAsync(named);
        Assert.True(host.IsReady(digest));
    }

    [Fact]
    public async Task A_backend_that_a_node_does_not_have_is_named()
    {
        await using Scene scene = new();
        string digest = await scene.ImportAsync([1, 2, 3]);
        ModelStatus status = await scene.Host.LoadAsync(new ModelKey(digest, "abacus"), default);
        Assert.Equal((ModelState.Failed, "this node has no backend 'abacus'"), (status.State, status.Reason));
    }

    private sealed class NamedBackend(string name) : IBackend
    {
        public string Name => name;

        public ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation) =>
            new(new Model(name));

        private sealed class Model(string engine) : IBackendModel
        {
            public IReadOnlyList<TensorSpec> Inputs => [];

            public IReadOnlyList<TensorSpec> Outputs => [];

            public ValueTask<TensorSet> RunAsync(
                TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation) =>
                new(new TensorSet([]) { Engine = engine });

            public void Dispose()
            {
            }
        }
    }
}
