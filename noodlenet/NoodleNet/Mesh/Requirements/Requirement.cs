using System.Globalization;
using System.Text;

namespace NoodleNet.Mesh.Requirements;

/// <summary>How two values are compared.</summary>
public enum RequirementOperator
{
    /// <summary>The resource must be there: the word stands alone.</summary>
    Has,

    /// <summary><c>&gt;=</c></summary>
    AtLeast,

    /// <summary><c>&lt;=</c></summary>
    AtMost,

    /// <summary><c>&gt;</c></summary>
    More,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>==</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    Unequal,
}

/// <summary>How soon an answer is wanted.</summary>
public enum QosLevel
{
    /// <summary>Within 100 ms: somebody is typing.</summary>
    Interactive,

    /// <summary>Within 1 s: somebody is waiting.</summary>
    Responsive,

    /// <summary>Within 10 s: nobody is watching.</summary>
    Batch,
}

/// <summary>One condition: a resource, an operator and what it is compared with.</summary>
/// <param name="Name">Such as <c>gpu</c>, <c>memory</c>, <c>version</c>, <c>node</c> or <c>tag.zone</c>.</param>
/// <param name="Quantity">For resources that are numbers.</param>
/// <param name="Text">For names, versions and tags; empty otherwise.</param>
public readonly record struct RequirementClause(
    string Name, RequirementOperator Operator, Quantity Quantity, string Text)
{
    public override string ToString() => Operator == RequirementOperator.Has
        ? Name
        : Name + SignOf(Operator) + (RequirementNames.IsText(Name) ? Quote(Text) : Quantity.ToString());

    internal static string SignOf(RequirementOperator sign) => sign switch
    {
        RequirementOperator.AtLeast => ">=",
        RequirementOperator.AtMost => "<=",
        RequirementOperator.More => ">",
        RequirementOperator.Less => "<",
        RequirementOperator.Equal => "==",
        _ => "!=",
    };

    private static string Quote(string text) =>
        text.Length > 0 && text.All(RequirementNames.IsWordCharacter) ? text : $"\"{text}\"";
}

/// <summary>What a piece of work asks of the node that does it, of the answer, and of the number of nodes.</summary>
/// <remarks>Text form: <c>on(gpu, memory&gt;=8GB).qos(responsive, latency&lt;10ms).replicas(3)</c>, each part at most
/// once; see <see cref="RequirementParser"/>. Two are equal when their texts are.</remarks>
public sealed class Requirement : IEquatable<Requirement>
{
    /// <summary>Asks for nothing: every node will do.</summary>
    public static Requirement Any { get; } = new();

    /// <summary>Conditions on the node.</summary>
    public IReadOnlyList<RequirementClause> On { get; init; } = [];

    /// <summary>Null when nothing is said.</summary>
    public QosLevel? Level { get; init; }

    /// <summary>Conditions on the way to the node.</summary>
    public IReadOnlyList<RequirementClause> Qos { get; init; } = [];

    /// <summary>Null when nothing is said.</summary>
    public int? Replicas { get; init; }

    /// <summary>The time that the level leaves for an answer; null without a level.</summary>
    public TimeSpan? Deadline => Level switch
    {
        QosLevel.Interactive => TimeSpan.FromMilliseconds(100),
        QosLevel.Responsive => TimeSpan.FromSeconds(1),
        QosLevel.Batch => TimeSpan.FromSeconds(10),
        _ => null,
    };

    public bool Equals(Requirement? other) => other is not null && ToString() == other.ToString();

    public override bool Equals(object? obj) => Equals(obj as Requirement);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The one spelling of what it means.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (On.Count > 0)
        {
            text.Append("on(").AppendJoin(", ", On).Append(')');
        }

        if (Level is not null || Qos.Count > 0)
        {
            string[] level = Level is { } said ? [said.ToString().ToLowerInvariant()] : [];
            text.Append(text.Length > 0 ? "." : "").Append("qos(")
                .AppendJoin(", ", level.Concat(Qos.Select(clause => clause.ToString()))).Append(')');
        }

        if (Replicas is { } replicas)
        {
            text.Append(text.Length > 0 ? "." : "")
                .Append(CultureInfo.InvariantCulture, $"replicas({replicas})");
        }

        return text.ToString();
    }
}
