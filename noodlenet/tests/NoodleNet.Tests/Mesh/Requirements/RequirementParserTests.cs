using NoodleNet.Mesh.Requirements;

namespace NoodleNet.Tests.Mesh.Requirements;

public sealed class RequirementParserTests
{
    public static TheoryData<string, string> Texts => new()
    {   // written                                                          as it is spelled
        { "on(gpu, mem>=8GB).qos(responsive, latency<10ms).replicas(3)",
            "on(gpu, memory>=8GB).qos(responsive, latency<10ms).replicas(3)" },
        { "",                                                               "" },
        { "  ",                                                             "" },
        { "replicas( 2 )",                                                  "replicas(2)" },
        { "qos(batch).on(cpu>=4)",                                          "on(cpu>=4).qos(batch)" },
        { " on ( cpu < 50 % ) . qos ( latency <= 1.5 s ) ",                 "on(cpu<50%).qos(latency<=1500ms)" },
        { "on(mem>=1024mb)",                                                "on(memory>=1GB)" },
        { "on(mem>=1536MB)",                                                "on(memory>=1536MB)" },
        { "on(mem>=0.5TB, disk>10%)",                                       "on(memory>=512GB, disk>10%)" },
        { "on(disk>=12.5%)",                                                "on(disk>=12.5%)" },
        { "on(gpu>=2, gpu>=8GB, gpu<50%)",                                  "on(gpu>=2, gpu>=8GB, gpu<50%)" },
        { "on(tag.zone==eu-1, tag.ssd)",                                    "on(tag.zone==eu-1, tag.ssd)" },
        { "on(tag.owner!=\"A, B (c)\")",                                    "on(tag.owner!=\"A, B (c)\")" },
        { "on(tag.note==\"\")",                                             "on(tag.note==\"\")" },
        { "on(node!=laptop-1a2b3c4d)",                                      "on(node!=laptop-1a2b3c4d)" },
        { "on(version>=1.2)",                                               "on(version>=1.2)" },
        { "on(net>=10MB, npu, network)",                                    "on(network>=10MB, npu, network)" },
        { "qos(interactive, jitter<5ms, loss<1%, net>1MB)",
            "qos(interactive, jitter<5ms, loss<1%, network>1MB)" },
        { "qos(latency<2min)",                                              "qos(latency<2min)" },
        { "qos(latency<90s)",                                               "qos(latency<90s)" },
        { "qos(latency<1h)",                                                "qos(latency<1h)" },
        { "qos(latency<0ms)",                                               "qos(latency<0us)" },
        { "on(disk>0KB)",                                                   "on(disk>0B)" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void What_people_write_has_one_spelling(string written, string spelled)
    {
        Requirement? read = RequirementParser.Parse(written, out RequirementError? error);
        Assert.Null(error);
        Assert.Equal(spelled, read!.ToString());
        Assert.Equal(read, RequirementParser.Parse(spelled, out _));
    }

    public static TheoryData<string, RequirementFault, int, string> Faults => new()
    {   // written                   fault                       at   part of the sentence
        { "run(gpu)",                RequirementFault.Unexpected,  0, "on(...), qos(...) or replicas(N)" },
        { "on gpu",                  RequirementFault.Unexpected,  3, "'('" },
        { "on(gpu",                  RequirementFault.Unexpected,  6, "')'" },
        { "on(gpu cpu)",             RequirementFault.Unexpected,  7, "','" },
        { "on(gpu)qos(batch)",       RequirementFault.Unexpected,  7, "'.'" },
        { "on(gpu).",                RequirementFault.Unexpected,  8, "on(...), qos(...) or replicas(N)" },
        { "on()",                    RequirementFault.UnknownName, 3, "cpu, gpu" },
        { "on(ram>=8GB)",            RequirementFault.UnknownName, 3, "'ram'" },
        { "on(latency<5ms)",         RequirementFault.UnknownName, 3, "'latency'" },
        { "on(batch)",               RequirementFault.UnknownName, 3, "'batch'" },
        { "qos(gpu)",                RequirementFault.UnknownName, 4, "latency" },
        { "qos(Batch)",              RequirementFault.UnknownName, 4, "'Batch'" },
        { "on(tag.)",                RequirementFault.UnknownName, 3, "tag.NAME" },
        { "on(mem)",                 RequirementFault.BadValue,    3, "memory>=8GB" },
        { "on(node)",                RequirementFault.BadValue,    3, "node==value" },
        { "on(mem>=)",               RequirementFault.BadValue,    8, "units B KB" },
        { "on(mem>=8GX)",            RequirementFault.BadValue,    8, "units B KB" },
        { "on(mem>=-8GB)",           RequirementFault.BadValue,    8, "number" },
        { "on(mem>=8)",              RequirementFault.BadValue,    8, "memory>=8GB" },
        { "on(mem>=8ms)",            RequirementFault.BadValue,    8, "memory>=8GB" },
        { "on(cpu>=8GB)",            RequirementFault.BadValue,    8, "cpu>=4" },
        { "on(npu>=5%)",             RequirementFault.BadValue,    8, "npu>=1" },
        { "qos(loss<5ms)",           RequirementFault.BadValue,    9, "loss<1%" },
        { "qos(latency<5)",          RequirementFault.BadValue,   12, "latency<10ms" },
        { "on(cpu>=1.5)",            RequirementFault.BadValue,    8, "number" },
        { "on(mem>=99999999999TB)",  RequirementFault.BadValue,    8, "number" },
        { "on(mem>=9999999999999999999999999999999B)", RequirementFault.BadValue, 8, "number" },
        { "on(version>=new)",        RequirementFault.BadValue,   12, "1.2" },
        { "on(tag.a>=b)",            RequirementFault.BadValue,    3, "== or !=" },
        { "on(tag.a==)",             RequirementFault.BadValue,   10, "double quotes" },
        { "on(tag.a==a b)",          RequirementFault.BadValue,   10, "double quotes" },
        { "on(tag.a==\"b)",          RequirementFault.BadValue,   10, "closing" },
        { "on(tag.a==\"\u0007\")",   RequirementFault.BadValue,   10, "control" },
        { "replicas(0)",             RequirementFault.BadValue,    9, "1 to 10000" },
        { "replicas(10001)",         RequirementFault.BadValue,    9, "1 to 10000" },
        { "replicas(2GB)",           RequirementFault.BadValue,    9, "1 to 10000" },
        { "replicas(2",              RequirementFault.Unexpected, 10, "')'" },
        { "on(gpu).on(cpu)",         RequirementFault.Twice,       8, "on(...) stands twice" },
        { "qos(batch).qos(batch)",   RequirementFault.Twice,      11, "qos(...) stands twice" },
        { "replicas(1).replicas(1)", RequirementFault.Twice,      12, "replicas(...) stands twice" },
        { "qos(batch, responsive)",  RequirementFault.Twice,      10, "one level" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_wrong_is_told_with_its_place_and_the_way_out(
        string written, RequirementFault fault, int position, string part)
    {
        Requirement? read = RequirementParser.Parse(written, out RequirementError? error);
        Assert.Null(read);
        Assert.Equal((fault, position), (error!.Fault, error.Position));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_and_number_of_conditions_are_bounded()
    {
        string many = $"on({string.Join(',', Enumerable.Repeat("cpu", RequirementParser.MostClauses))})";
        Assert.NotNull(RequirementParser.Parse(many, out _));
        Assert.Null(RequirementParser.Parse(many.Replace(")", ",cpu)", StringComparison.Ordinal), out var error));
        Assert.Equal(RequirementFault.TooLong, error!.Fault);
        Assert.Null(RequirementParser.Parse(new string(' ', 1_025), out error));
        Assert.Equal(RequirementFault.TooLong, error!.Fault);
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_never_throws() => Gen.OneOf(
        Gen.String, Gen.String[Gen.Char["ongpuqsrelica().,<>=! \"tag0189GBms%"], 0, 40]).Sample(text =>
    {
        Requirement? read = RequirementParser.Parse(text, out RequirementError? error);
        return (read is null) != (error is null) && (error is null || error.Position <= text.Length);
    });

    [Fact]
    public void What_is_printed_is_read_back_as_the_same() => Gen.Select(
        s_onClauses.Array[0, 6], Gen.OneOf(Gen.Const((QosLevel?)null), Gen.Enum<QosLevel>().Select(l => (QosLevel?)l)),
        s_qosClauses.Array[0, 4], Gen.OneOf(Gen.Const((int?)null), Gen.Int[1, 10_000].Select(n => (int?)n)))
        .Sample((on, level, qos, replicas) =>
    {
        var made = new Requirement { On = on, Level = level, Qos = qos, Replicas = replicas };
        Requirement? read = RequirementParser.Parse(made.ToString(), out _);
        return read is not null && read.Equals(made) && read.Equals((object)made)
            && read.GetHashCode() == made.GetHashCode() && read.On.SequenceEqual(on) && read.Qos.SequenceEqual(qos);
    });

    [Fact]
    public void Each_level_leaves_its_own_time()
    {
        Assert.Equal(
            [null, 100, 1_000, 10_000],
            new[] { "", "qos(interactive)", "qos(responsive)", "qos(batch)" }
                .Select(text => RequirementParser.Parse(text, out _)!.Deadline?.TotalMilliseconds));
        Assert.False(Requirement.Any.Equals(null));
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<RequirementOperator> s_operators = Gen.Enum<RequirementOperator>()
        .Where(sign => sign != RequirementOperator.Has);

    private static readonly Gen<RequirementClause> s_onClauses = Gen.OneOf(
        Gen.Select(OneOf("memory", "disk", "network", "gpu"), s_operators, Gen.Long[0, long.MaxValue],
            (name, sign, bytes) => new RequirementClause(name, sign, new Quantity(bytes, QuantityUnit.Bytes), "")),
        Gen.Select(OneOf("cpu", "memory"), s_operators, Gen.Long[0, 1_000_000], (name, sign, share) =>
            new RequirementClause(name, sign, new Quantity(share, QuantityUnit.Percent), "")),
        Gen.Select(OneOf("tag.a", "tag.b-c", "node"),
            OneOf(RequirementOperator.Equal, RequirementOperator.Unequal),
            Gen.String[Gen.Char["abc 019-_.,()=<>"], 0, 12],
            (name, sign, text) => new RequirementClause(name, sign, default, text)),
        OneOf("cpu", "gpu", "npu", "network", "tag.x").Select(
            name => new RequirementClause(name, RequirementOperator.Has, default, "")));

    private static readonly Gen<RequirementClause> s_qosClauses = Gen.Select(
        OneOf("latency", "jitter"), s_operators, Gen.Long[0, long.MaxValue], (name, sign, us) =>
            new RequirementClause(name, sign, new Quantity(us, QuantityUnit.Time), ""));
}
