using NoodleNet.Mesh.Load;
using NoodleNet.Mesh.Requirements;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Requirements;

public sealed class RequirementCheckTests
{
    private static readonly NodeFacts s_facts = new()
    {
        Node = Node(7),
        Version = "1.2.3-rc.1",
        Tags = new Dictionary<string, string> { ["zone"] = "eu" },
        Load = new LoadSample
        {
            CpuPermille = 255, Cores = 8, MemoryTotalBytes = 16L << 30, MemoryFreeBytes = 4L << 30,
            DiskTotalBytes = 1L << 40, DiskFreeBytes = 100L << 30,
            Gpus = [new GpuSample("g", 8L << 30, 6L << 30, 900), new GpuSample("h", 4L << 30, 1L << 30, 100)],
        },
        RoundTripMicroseconds = 2_500,
        JitterMicroseconds = 300,
        LossPermille = 12,
        BytesPerSecond = 50_000_000,
    };

    public static TheoryData<string, string?> Checks => new()
    {   // required                       why not
        { "",                             null },
        { "on(gpu, cpu, network)",        null },
        { "on(mem>=4GB)",                 null },
        { "on(mem>=8GB)",                 "memory 4 GiB < 8 GiB" },
        { "on(mem>4GB)",                  "memory 4 GiB <= 4 GiB" },
        { "on(mem<=3.5GB)",               "memory 4 GiB > 3.5 GiB" },
        { "on(mem<4GB)",                  "memory 4 GiB >= 4 GiB" },
        { "on(mem==1GB)",                 "memory 4 GiB != 1 GiB" },
        { "on(mem!=4GB)",                 "memory 4 GiB == 4 GiB" },
        { "on(mem>=25%, mem<=25%)",       null },
        { "on(disk>=10%)",                "disk 9.77% < 10%" },
        { "on(cpu>=16)",                  "cpu 8 < 16" },
        { "on(cpu<25%)",                  "cpu 25.5% >= 25%" },
        { "on(gpu>=2, gpu>=6GB, gpu<=10%)", null },
        { "on(gpu>=3)",                   "gpu 2 < 3" },
        { "on(gpu>=7GB)",                 "gpu 6 GiB < 7 GiB" },
        { "on(npu)",                      "npu not known" },
        { "on(npu>=1)",                   "npu not known" },
        { "on(net>=100MB)",               "network 47.68 MiB < 100 MiB" },
        { "on(node==n7)",                 null },
        { "on(node!=n7)",                 "node n7-00000007000000000000000000000000 == n7" },
        { "on(node==n8)",                 "node n7-00000007000000000000000000000000 != n8" },
        { "on(node==n7-00000007)",        null },
        { "on(version>=1.2, version<1.3, version==1.2.3)", null },
        { "on(version>=1.10)",            "version 1.2.3-rc.1 < 1.10" },
        { "on(tag.zone==eu, tag.zone)",   null },
        { "on(tag.zone==us)",             "tag.zone eu != us" },
        { "on(tag.rack)",                 "no tag.rack" },
        { "on(tag.rack==1)",              "no tag.rack" },
        { "on(tag.rack!=1)",              null },
        { "qos(latency<2ms)",             "latency 2.5 ms >= 2 ms" },
        { "qos(latency<1s, jitter<1ms, loss<2%)", null },
        { "qos(jitter<100us)",            "jitter 300 us >= 100 us" },
        { "qos(loss<1%)",                 "loss 1.2% >= 1%" },
        { "replicas(5).qos(batch)",       null },
    };

    [Theory]
    [MemberData(nameof(Checks))]
    public void A_node_fits_or_says_why_not(string required, string? why) =>
        Assert.Equal(why, RequirementCheck.FindFault(Read(required), s_facts));

    public static TheoryData<string, string?> Unknown => new()
    {   // required of a node of which nothing is known
        { "on(cpu)",            null },
        { "on(gpu)",            "gpu not known" },
        { "on(gpu>=1)",         "gpu not known" },
        { "on(cpu>=1)",         "cpu not known" },
        { "on(cpu<50%)",        "cpu not known" },
        { "on(mem>=1KB)",       "memory not known" },
        { "on(mem>=1%)",        "memory not known" },
        { "on(disk>=1%)",       "disk not known" },
        { "on(disk>=1B)",       "disk not known" },
        { "on(network)",        "network not known" },
        { "on(network>=1B)",    "network not known" },
        { "on(version>=0.1)",   "version not known" },
        { "on(version!=0.1)",   "version not known" },
        { "qos(latency<1h)",    "latency not known" },
        { "qos(loss<=100%)",    "loss not known" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public void What_is_not_known_fails_by_its_name(string required, string? why) =>
        Assert.Equal(why, RequirementCheck.FindFault(Read(required), new NodeFacts { Node = Node(7) }));

    [Fact]
    public void A_machine_without_one_has_no_gpu_and_a_strange_version_is_not_known()
    {
        NodeFacts bare = s_facts with { Load = new LoadSample { Gpus = [] }, Version = "nightly", Npus = 0 };
        Assert.Equal("no gpu", RequirementCheck.FindFault(Read("on(gpu)"), bare));
        Assert.Equal("no gpu", RequirementCheck.FindFault(Read("on(gpu>=4GB)"), bare));
        Assert.Equal("gpu 0 < 1", RequirementCheck.FindFault(Read("on(gpu>=1)"), bare));
        Assert.Equal("no npu", RequirementCheck.FindFault(Read("on(npu)"), bare));
        Assert.Null(RequirementCheck.FindFault(Read("on(npu)"), bare with { Npus = 1 }));
        Assert.Equal("version not known", RequirementCheck.FindFault(Read("on(version>=1.0)"), bare));
        bare = bare with { Version = "1.2.3.4.5.6.7.8.9" };
        Assert.Equal("version not known", RequirementCheck.FindFault(Read("on(version>=1.0)"), bare));
    }

    private static Requirement Read(string text) =>
        RequirementParser.Parse(text, out RequirementError? error) ?? throw new FormatException(error!.Message);
}
