using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Network;
using Nbc.Runtime.Resources;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Node.Programs;
using Noodle.Node.Tests.Nodes;
using Noodle.Primitives;
using NoodleNet.Link;

namespace Noodle.Node.Tests.Programs;

public sealed class ProgramNetworkTests
{
    private static readonly NodeId s_here = NodeId.Create("here", new Guid(1, 0, 0, new byte[8]));
    private static readonly NodeId s_there = NodeId.Create("there", new Guid(2, 0, 0, new byte[8]));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_on_one_node_sends_tensors_to_a_program_on_another_and_gets_an_answer()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        (TestNode a, TestNode b) = (mesh.Nodes[0], mesh.Nodes[1]);
        using ProgramNetwork first = a.Programs.Open("sum", (2, 0)), second = b.Programs.Open("sum", (2, 1));
        Task<NbcValue?[]> asked = RunAsync(Asking(b.Id), first, TensorValue.From(ElementType.Float32, [1f, 2f], 2));
        Task<NbcValue?[]> answered = RunAsync(Answering(a.Id), second);
        NbcValue?[] outputs = await asked;
        await answered;
        Assert.Equal([2f, 4f], ((TensorValue)outputs[0]!).Span<float>().ToArray());
    }

    [Fact]
    public async Task A_message_waits_for_a_receiver_that_begins_later()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        (TestNode a, TestNode b) = (mesh.Nodes[0], mesh.Nodes[1]);
        using ProgramNetwork sender = a.Programs.Open("late", (2, 0));
        Task sent = Task.Run(() => sender.Send(b.Id, "c", [Of(7)], false, null, Cancel), Cancel);
        using ProgramNetwork receiver = b.Programs.Open("late", (2, 1));
        TensorValue came = Assert.Single(receiver.Receive(a.Id, "c", TimeSpan.FromSeconds(20), Cancel));
        Assert.Equal(7f, came.Span<float>()[0]);
        await sent;
    }

    [Fact]
    public void Messages_to_itself_keep_their_order_and_their_strings()
    {
        using ProgramNetwork network = Network(new FakePeers());
        network.Send("self", "c", [Of(1)], false, null, Cancel);
        network.Send("self", "c", [TensorValue.FromStrings([[1, 2], []], 2)], true, null, Cancel);
        Assert.Equal(1f, network.Receive("self", "c", null, Cancel)[0].Span<float>()[0]);
        Assert.Equal([1, 2], network.Receive("self", "c", null, Cancel)[0].Strings[0]);
        NbcException nothing = Assert.Throws<NbcException>(
            () => network.Receive("self", "c", TimeSpan.Zero, Cancel));
        Assert.Equal(NbcErrorCode.TransferFailed, nothing.Error.Code);
    }

    [Fact]
    public void A_full_queue_is_busy_and_what_waits_is_counted_and_given_back()
    {
        ResourceManager resources = new("test", 16);
        ResourceAccount account = resources.Root.OpenChild("programs", (ResourceKind.Memory, 4 * 70));
        using (ProgramNetwork network = Network(new FakePeers(), account))
        {
            Tensor[] message = [TensorCopies.ToTensor(Of(1), "")];
            for (int i = 0; i < ProgramNetwork.MaxWaiting; i++)
            {
                Assert.Equal(LinkStatus.Ok, network.Deliver(s_there, "c", message));
            }

            Assert.Equal(LinkStatus.Busy, network.Deliver(s_there, "c", message));
            Assert.Equal(4 * ProgramNetwork.MaxWaiting, account.GetUse(ResourceKind.Memory).InUse);
            Tensor[] large = [.. Enumerable.Repeat(message[0], 7)];
            Assert.Equal(LinkStatus.Busy, network.Deliver(s_there, "d", large)); // more than the account has
        }

        Assert.Equal(0, account.GetUse(ResourceKind.Memory).InUse);
    }

    [Fact]
    public void Channels_without_end_are_refused()
    {
        using ProgramNetwork network = Network(new FakePeers());
        for (int i = 0; i < ProgramNetwork.MaxChannels; i++)
        {
            Assert.Equal(LinkStatus.Ok, network.Deliver(s_there, $"c{i}", []));
        }

        Assert.Equal(LinkStatus.Busy, network.Deliver(s_there, "one more", []));
    }

    [Fact]
    public void A_busy_receiver_is_asked_again_and_a_lost_message_is_not()
    {
        FakePeers peers = new(LinkStatus.Busy, LinkStatus.Unavailable, LinkStatus.Ok);
        using ProgramNetwork network = Network(peers);
        network.Send(s_there.ToString(), "c", [Of(1)], false, null, Cancel);
        Assert.Equal(3, peers.Asked);
        FakePeers lost = new(LinkStatus.ConnectionLost);
        using ProgramNetwork other = Network(lost);
        NbcException failed = Assert.Throws<NbcException>(
            () => other.Send(s_there.ToString(), "c", [Of(1)], false, null, Cancel));
        Assert.Equal((NbcErrorCode.TransferFailed, 1), (failed.Error.Code, lost.Asked));
    }

    [Fact]
    public void A_sender_tries_no_longer_than_it_may()
    {
        FakePeers peers = new([.. Enumerable.Repeat(LinkStatus.Busy, 100)]);
        using ProgramNetwork network = Network(peers);
        NbcException failed = Assert.Throws<NbcException>(() => network.Send(
            s_there.ToString(), "c", [Of(1)], false, TimeSpan.FromMilliseconds(50), Cancel));
        Assert.Contains("DeadlineExceeded", failed.Message, StringComparison.Ordinal);
        Assert.InRange(peers.Asked, 1, 4); // every 20 ms
    }

    [Fact]
    public void A_node_that_is_none_and_a_type_that_no_message_carries_are_named()
    {
        using ProgramNetwork network = Network(new FakePeers());
        NbcException unknown = Assert.Throws<NbcException>(() => network.Send("nobody", "c", [], false, null, Cancel));
        Assert.Equal(NbcErrorCode.UnknownNode, unknown.Error.Code);
        NbcException strange = Assert.Throws<NbcException>(
            () => network.Send("self", "c", [TensorValue.Allocate(ElementType.Int4, 2)], false, null, Cancel));
        Assert.Contains("si4", strange.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sender_that_gives_up_is_heard()
    {
        using CancellationTokenSource stop = new();
        FakePeers peers = new(LinkStatus.Busy) { BeforeAnswer = stop.Cancel };
        using ProgramNetwork network = Network(peers);
        Assert.ThrowsAny<OperationCanceledException>(
            () => network.Send(s_there.ToString(), "c", [Of(1)], false, null, stop.Token));
    }

    [Theory]
    [InlineData(null, null, 1, true)]
    [InlineData(null, null, 2, false)]
    [InlineData("gpu", null, 1, false)]
    [InlineData("here", null, 1, true)]
    public void Placement_is_what_the_node_is(string? on, string? qos, int replicas, bool can)
    {
        using ProgramNetwork network = Network(new FakePeers());
        Assert.Equal(can, network.CanPlace(new NbcPlacement(on, qos, replicas)));
        Assert.Equal((1, 0), (network.GroupSize, network.Rank));
    }

    [Fact]
    public void A_session_is_open_once_and_can_be_opened_again_when_it_was_closed()
    {
        ProgramMail mail = new(s_here, new FakePeers(), _ => true, new ResourceManager("test", 16).Root, _ => false);
        ProgramNetwork first = mail.Open("s", (1, 0));
        Assert.Throws<InvalidOperationException>(() => mail.Open("s", (1, 0)));
        first.Dispose();
        Assert.Equal(LinkStatus.Unavailable, first.Deliver(s_there, "c", []));
        mail.Open("s", (1, 0)).Dispose();
        ProgramNetwork[] all =
            [.. Enumerable.Range(0, ProgramMail.MaxSessions).Select(i => mail.Open($"s{i}", (1, 0)))];
        Assert.Throws<InvalidOperationException>(() => mail.Open("one more", (1, 0)));
        Array.ForEach(all, network => network.Dispose());
    }

    private static string Asking(string node) => $$"""
        nbc 1
        input x : f32 [2]
        output y : f32 [*]
        func main (r0) -> (r1) {
            registers 2
            PUSH "{{node}}"
            NETWORK_TRANSFER "numbers" r0
            PUSH "{{node}}"
            NETWORK_RECV "sums" r1 =
            RET
        }
        """;

    private static string Answering(string node) => $$"""
        nbc 1
        func main () -> () {
            registers 2
            PUSH "{{node}}"
            NETWORK_RECV "numbers" r0 =
            TENSOR_ADD r1 = r0, r0
            PUSH "{{node}}"
            NETWORK_TRANSFER "sums" r1
            RET
        }
        """;

    private static ProgramNetwork Network(FakePeers peers, IResourceAccount? account = null) => new(
        s_here, "s", (1, 0), peers, account ?? new ResourceManager("test", 16).Root, text => text == "on(here)",
        _ => { });

    private static TensorValue Of(float value) => TensorValue.From(ElementType.Float32, [value], 1);

    private static Task<NbcValue?[]> RunAsync(string text, INbcNetwork network, params NbcValue?[] inputs) => Task.Run(
        () =>
        {
            Assert.True(NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault), $"{fault}");
            using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
            NbcValue?[] outputs = new NbcValue?[program.Outputs.Length];
            NbcRun run = new()
            {
                Network = network,
                Task = new NbcTask { Limits = NbcLimits.Sandbox with { AllowsNetwork = true } },
            };
            model.Run(inputs, outputs, run, Cancel);
            return outputs;
        },
        Cancel);

    private sealed class FakePeers(params LinkStatus[] answers) : IProgramPeers
    {
        public int Asked { get; private set; }

        public Action? BeforeAnswer { get; init; }

        public NodeId Find(string name) => name == s_there.ToString() ? s_there : default;

        public ValueTask<LinkStatus> SendAsync(
            NodeId node, ReadOnlyMemory<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> body, TimeSpan within,
            CancellationToken cancellation)
        {
            BeforeAnswer?.Invoke();
            return new(answers[Asked++]);
        }
    }
}
