using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Network;
using Nbc.Runtime.Resources;
using Nbc.Runtime.Tests.Machine;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Network;

public sealed class HostTests
{
    private const string Echo = """
        output a : f32 [*]
        output b : !ntir.string [*]
        const x = f32 [2] [1.0, 2.0]
        const s = !ntir.string [1] ["hello"]
        func main () -> (r0, r1) {
            ZERO_COPY
            PUSH "self"
            NETWORK_BATCH "pair" @x, @s
            PUSH "self"
            NETWORK_TRANSFER "one" @x
            PUSH "self"
            NETWORK_RECV "pair" r0, r1 =
            PUSH "self"
            NETWORK_RECV "one" _ =
            DISTRIBUTED_ALLREDUCE "sum" r2 = r0
            DISTRIBUTED_ALLGATHER r3 = r2
            PUSH 0
            DISTRIBUTED_BROADCAST r0 = r3
            DISTRIBUTED_BARRIER
            RET
        }
        """;

    [Fact]
    public void Tensors_go_through_the_network_and_back()
    {
        using NbcModel model = Programs.Load(Echo);
        NbcValue?[] outputs = [null, null];
        model.Run([], outputs, new NbcRun { Network = new LoopbackNetwork() }, CancellationToken.None);
        Assert.Equal([1f, 2], Programs.Elements(outputs[0]));
        Assert.Equal("hello"u8.ToArray(), Assert.IsType<TensorValue>(outputs[1]).Strings[0]);
    }

    public static TheoryData<string, NbcErrorCode> Faults => new()
    {
        { "PUSH \"other\"\nNETWORK_TRANSFER \"c\" @x", NbcErrorCode.UnknownNode },
        { "PUSH \"self\"\nNETWORK_RECV \"c\" r0 =", NbcErrorCode.OutOfTime }, // nobody sends: the run's time ends it
        { "PUSH \"self\"\nNETWORK_TRANSFER \"c\" @x\nPUSH \"self\"\nNETWORK_RECV \"c\" r0, r1 =",
            NbcErrorCode.TransferFailed },
        { "PUSH 1\nDISTRIBUTED_BROADCAST r0 = @x", NbcErrorCode.UnknownNode },
        { "DISTRIBUTED_ALLGATHER r0 = @scalar", NbcErrorCode.WrongShape },
        { "DISTRIBUTED_ALLREDUCE \"sum\" r0 = @s", NbcErrorCode.WrongType },
        { "ON_PLACEMENT \"gpu\"\nQOS_CONSTRAINT \"batch\"\nREPLICAS 2\nTENSOR_ADD r0 = @x, @x",
            NbcErrorCode.NoPlacement },
        { "REPLICAS 2\nMOVE r0 = @x", NbcErrorCode.NoPlacement },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_the_network_cannot_do_is_an_error(string body, NbcErrorCode code) =>
        Assert.Equal(code, Programs.Failure(Program(body), new NbcRun
        {
            Network = new LoopbackNetwork(),
            Task = new NbcTask { Limits = new NbcLimits { Time = TimeSpan.FromMilliseconds(200) } },
        }).Code);

    [Theory]
    [InlineData("PUSH \"self\"\nNETWORK_TRANSFER \"c\" @x")]
    [InlineData("PUSH \"self\"\nNETWORK_RECV \"c\" r0 =")]
    [InlineData("DISTRIBUTED_BARRIER")]
    [InlineData("REPLICAS 1\nTENSOR_ADD r0 = @x, @x")]
    public void Without_a_network_and_in_the_sandbox_it_is_refused(string body)
    {
        Assert.Equal(NbcErrorCode.NoNetwork, Programs.Failure(Program(body)).Code);
        Assert.Equal(NbcErrorCode.NotPermitted, Programs.Failure(Program(body), new NbcRun
        {
            Network = new LoopbackNetwork(),
            Task = new NbcTask { Limits = NbcLimits.Sandbox },
        }).Code);
    }

    [Fact]
    public void Collectives_over_several_nodes_are_refused_by_name() =>
        Assert.Contains("DISTRIBUTED_BARRIER over 3 nodes", Programs.Failure(
            Program("DISTRIBUTED_BARRIER"), new NbcRun { Network = new ThreeNodes() }).Message);

    [Fact]
    public void A_placement_holds_for_the_next_operation_alone()
    {
        List<string> lines = [];
        using NbcModel model = Programs.Load(Program("""
            PLACEMENT_CHECK
            PRINT
            ON_PLACEMENT "cpu"
            REPLICAS 1
            PLACEMENT_CHECK
            PRINT
            TENSOR_ADD r0 = @x, @x
            REPLICAS 2
            PLACEMENT_CHECK
            PRINT
            """));
        NbcRun run = new() { Print = lines.Add, Network = new LoopbackNetwork() };
        model.Run([], [], run, CancellationToken.None);
        Assert.Equal(["true", "true", "false"], lines);
    }

    [Fact]
    public void Resources_are_taken_queried_and_given_back_at_the_end()
    {
        ResourceManager manager = new("node", 16, (ResourceKind.Sockets, 5));
        List<string> lines = [];
        using NbcModel model = NbcRuntime.Load(Programs.Parse(Program("""
            PUSH 3
            RESOURCE_ALLOC sockets
            PRINT
            PUSH 3
            RESOURCE_ALLOC sockets
            PRINT
            PUSH 1
            RESOURCE_FREE sockets
            RESOURCE_QUERY sockets
            PRINT
            """)), null, manager.Root);
        model.Run([], [], new NbcRun { Print = lines.Add }, CancellationToken.None);
        Assert.Equal(["true", "false", "2"], lines);
        Assert.Equal(0, manager.Root.GetUse(ResourceKind.Sockets).InUse);
    }

    [Theory]
    [InlineData("PUSH 1\nRESOURCE_FREE memory")]
    [InlineData("PUSH -1\nRESOURCE_ALLOC memory\nPOP")]
    public void Amounts_that_are_none_are_refused(string body) =>
        Assert.Equal(NbcErrorCode.WrongAmount, Programs.Failure(Program(body)).Code);

    [Fact]
    public void A_program_may_not_take_more_memory_than_its_limit() => Assert.Equal("false true 10", Programs.Print(
        Program("""
        PUSH 268435457
        RESOURCE_ALLOC memory
        PRINT
        PUSH 10
        RESOURCE_ALLOC memory
        PRINT
        RESOURCE_QUERY memory
        PRINT
        """)));

    [Fact]
    public void A_full_channel_refuses()
    {
        LoopbackNetwork network = new();
        for (int i = 0; i < LoopbackNetwork.MaxWaiting; i++)
        {
            network.Send("self", "c", [], false, null, CancellationToken.None);
        }

        Assert.Throws<NbcException>(() => network.Send("self", "c", [], false, null, CancellationToken.None));
        for (int i = 1; i < LoopbackNetwork.MaxChannels; i++)
        {
            network.Send("self", $"c{i}", [], false, null, CancellationToken.None);
        }

        Assert.Throws<NbcException>(() => network.Send("self", "one more", [], false, null, CancellationToken.None));
        Assert.Equal((1, 0), (network.GroupSize, network.Rank));
    }

    private static string Program(string body) => $$"""
        const x = f32 [2] [1.0, 2.0]
        const s = !ntir.string [1] ["hello"]
        const scalar = f32 [] [1.0]
        func main () -> () {
            registers 2
        {{body}}
            RET
        }
        """;

    private sealed class ThreeNodes : INbcNetwork
    {
        public int GroupSize => 3;

        public int Rank => 1;

        public bool CanPlace(NbcPlacement placement) => true;

        public void Send(
            string node, string channel, IReadOnlyList<TensorValue> values, bool mayHandOver, TimeSpan? within,
            CancellationToken cancellation)
        {
        }

        public IReadOnlyList<TensorValue> Receive(
            string node, string channel, TimeSpan? within, CancellationToken cancellation) => [];
    }
}
