using NoodleNet.Mesh.Load;

namespace NoodleNet.Mesh.Requirements;

/// <summary>Decides whether a node can do what is required.</summary>
public static class RequirementCheck
{
    /// <summary>Why it cannot, as in <c>memory 4 GiB &lt; 8 GiB</c>; null when it can.</summary>
    /// <remarks>Meaning: what is not known fails by its name, for a guess would put work where it cannot run. The first
    /// condition that fails is told.</remarks>
    public static string? FindFault(Requirement requirement, NodeFacts facts)
    {
        ArgumentNullException.ThrowIfNull(requirement);
        ArgumentNullException.ThrowIfNull(facts);
        foreach (RequirementClause clause in requirement.On.Concat(requirement.Qos))
        {
            string? fault = RequirementNames.IsText(clause.Name) ? CheckText(clause, facts) : Check(clause, facts);
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private static string? Check(in RequirementClause clause, NodeFacts facts)
    {
        if (clause.Operator == RequirementOperator.Has)
        {
            return CheckPresence(clause.Name, facts);
        }

        if (Find(clause.Name, clause.Quantity.Unit, facts) is not { } value)
        {
            return clause.Name == RequirementNames.Gpu && facts.Load?.Gpus is { Count: 0 }
                ? "no gpu" : $"{clause.Name} not known";
        }

        var actual = new Quantity(value, clause.Quantity.Unit);
        return Holds(value.CompareTo(clause.Quantity.Value), clause.Operator)
            ? null
            : $"{clause.Name} {actual.Describe()} {Opposite(clause.Operator)} {clause.Quantity.Describe()}";
    }

    private static string? CheckPresence(string name, NodeFacts facts) => name switch
    {
        RequirementNames.Gpu => facts.Load?.Gpus is not { } gpus ? "gpu not known" : gpus.Count > 0 ? null : "no gpu",
        RequirementNames.Npu => facts.Npus switch { null => "npu not known", 0 => "no npu", _ => null },
        RequirementNames.Cpu => null,
        _ => facts.RoundTripMicroseconds is null ? "network not known" : null,
    };

    // In the unit that it is compared in.
    private static long? Find(string name, QuantityUnit unit, NodeFacts facts) => (name, unit) switch
    {
        (RequirementNames.Cpu, QuantityUnit.Percent) => facts.Load?.CpuPermille * 100L,
        (RequirementNames.Cpu, _) => facts.Load is { Cores: > 0 } load ? load.Cores : null,
        (RequirementNames.Gpu, QuantityUnit.Percent) => Gpus(facts)?.Min(static gpu => gpu.BusyPermille * 100L),
        (RequirementNames.Gpu, QuantityUnit.Bytes) => Gpus(facts)?.Max(static gpu => gpu.MemoryFreeBytes),
        (RequirementNames.Gpu, _) => facts.Load?.Gpus?.Count,
        (RequirementNames.Npu, _) => facts.Npus,
        (RequirementNames.Memory, QuantityUnit.Percent) =>
            Share(facts.Load?.MemoryFreeBytes, facts.Load?.MemoryTotalBytes),
        (RequirementNames.Memory, _) => facts.Load?.MemoryFreeBytes,
        (RequirementNames.Disk, QuantityUnit.Percent) => Share(facts.Load?.DiskFreeBytes, facts.Load?.DiskTotalBytes),
        (RequirementNames.Disk, _) => facts.Load?.DiskFreeBytes,
        (RequirementNames.Network, _) => facts.BytesPerSecond,
        (RequirementNames.Latency, _) => facts.RoundTripMicroseconds,
        (RequirementNames.Jitter, _) => facts.JitterMicroseconds,
        _ => facts.LossPermille * 100L,
    };

    private static IReadOnlyList<GpuSample>? Gpus(NodeFacts facts) =>
        facts.Load?.Gpus is { Count: > 0 } gpus ? gpus : null;

    private static long? Share(long? part, long? whole) =>
        part is { } free && whole is > 0 and { } total ? (long)((Int128)free * 100_000 / total) : null;

    private static string? CheckText(in RequirementClause clause, NodeFacts facts)
    {
        string? value = clause.Name switch
        {
            RequirementNames.Node => facts.Node.ToString(),
            RequirementNames.Version => facts.Version.Length > 0 ? facts.Version : null,
            _ => facts.Tags.GetValueOrDefault(clause.Name[RequirementNames.Tag.Length..]),
        };
        if (clause.Operator == RequirementOperator.Has)
        {
            return value is null ? $"no {clause.Name}" : null;
        }

        if (value is null)
        {
            // a tag that is not there has no value, so it is unequal to each
            bool isTag = clause.Name != RequirementNames.Version;
            return isTag && clause.Operator == RequirementOperator.Unequal ? null
                : isTag ? $"no {clause.Name}" : $"{clause.Name} not known";
        }

        int? order = clause.Name == RequirementNames.Version ? VersionOrder.Compare(value, clause.Text)
            : clause.Name == RequirementNames.Node && IsNameOf(facts, clause.Text) ? 0
            : string.CompareOrdinal(value, clause.Text);
        return order is not { } known ? $"{clause.Name} not known"
            : Holds(known, clause.Operator) ? null
            : $"{clause.Name} {value} {Opposite(clause.Operator)} {clause.Text}";
    }

    // A node goes by its whole id, its short name or its host.
    private static bool IsNameOf(NodeFacts facts, string text) =>
        text == facts.Node.ShortName || text == facts.Node.Host;

    private static bool Holds(int order, RequirementOperator sign) => sign switch
    {
        RequirementOperator.AtLeast => order >= 0,
        RequirementOperator.AtMost => order <= 0,
        RequirementOperator.More => order > 0,
        RequirementOperator.Less => order < 0,
        RequirementOperator.Equal => order == 0,
        _ => order != 0,
    };

    private static string Opposite(RequirementOperator sign) => sign switch
    {
        RequirementOperator.AtLeast => "<",
        RequirementOperator.AtMost => ">",
        RequirementOperator.More => "<=",
        RequirementOperator.Less => ">=",
        RequirementOperator.Equal => "!=",
        _ => "==",
    };
}
