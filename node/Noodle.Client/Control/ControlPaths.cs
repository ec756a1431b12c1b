namespace Noodle.Client.Control;

/// <summary>Where the control API lies under a node's HTTP address.</summary>
/// <remarks>
/// <c>GET nodes</c>, <c>GET models</c>, <c>GET replicas</c>, <c>GET tasks</c> and <c>GET decisions?limit=N</c> answer
/// arrays.
/// <c>GET events?since=N&amp;life=L&amp;wait=MS&amp;limit=N</c> answers an <see cref="EventPage"/>, or for
/// <c>Accept: text/event-stream</c> each event as it happens.
/// <c>PUT models/{name}?replicas=R</c> takes the model file as its body and answers the <see cref="ModelInfo"/>.
/// <c>DELETE models/{name}</c> answers 200 or 204; what it says is not read.
/// Every failure is an <see cref="ErrorInfo"/>.
/// </remarks>
public static class ControlPaths
{
    public const string Nodes = "/noodle/v1/nodes";

    public const string Models = "/noodle/v1/models";

    public const string Replicas = "/noodle/v1/replicas";

    public const string Decisions = "/noodle/v1/decisions";

    /// <summary>What runs on the node that is asked: an array of <see cref="TaskInfo"/>.</summary>
    public const string Tasks = "/noodle/v1/tasks";

    /// <summary><c>GET mesh?require=EXPRESSION&amp;payload=BYTES</c> answers a <see cref="MeshInfo"/>.</summary>
    public const string Mesh = "/noodle/v1/mesh";

    public const string Events = "/noodle/v1/events";
}
