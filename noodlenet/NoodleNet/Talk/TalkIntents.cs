namespace NoodleNet.Talk;

/// <summary>The intents that every node understands: the method names of NoodleLink messages.</summary>
/// <remarks>A name never changes its meaning; a new meaning gets a new name.</remarks>
public static class TalkIntents
{
    /// <summary>Run a model: <see cref="InferRequest"/> to <see cref="InferReply"/>.</summary>
    public const string Infer = "noodle.infer";

    /// <summary>A node's state and load: <see cref="NodeStatus"/>, answered with nothing.</summary>
    public const string Status = "noodle.status";

    /// <summary>Compare cluster state: <see cref="StateDigest"/> to <see cref="StateEntries"/> and a body.</summary>
    public const string State = "noodle.state";

    /// <summary>Hand over cluster state: <see cref="StateEntries"/> and a body, answered with nothing.</summary>
    public const string StatePush = "noodle.state.push";

    /// <summary>Read a model file: <see cref="ModelFetch"/> to <see cref="ModelFetchReply"/> and a stream.</summary>
    public const string ModelFetch = "noodle.model.fetch";

    /// <summary>Decide on a joiner or a renewal: <see cref="AdmissionRequest"/> to <see
    /// cref="AdmissionAnswer"/>.</summary>
    public const string TrustAdmit = "noodle.trust.admit";

    /// <summary>The authority's key, between admins: nothing to <see cref="AuthorityAnswer"/>.</summary>
    public const string TrustAuthority = "noodle.trust.authority";

    /// <summary>Measure a round trip and swap coordinates: <see cref="MeshProbe"/> to the same.</summary>
    public const string MeshProbe = "noodle.mesh.probe";

    /// <summary>A stream to a node that is out of reach: <see cref="RelayOpen"/> to <see cref="RelayAnswer"/>.
    /// </summary>
    public const string MeshRelay = "noodle.mesh.relay";

    /// <summary>Hashes of a model's chunks: <see cref="ManifestAsk"/> to <see cref="ManifestHead"/>, body.</summary>
    public const string ModelManifest = "noodle.model.manifest";

    /// <summary>Tensors from one program to another: <see cref="ProgramMessage"/>, answered with nothing.</summary>
    public const string ProgramSend = "noodle.program.send";

    /// <summary>One chunk of a model: <see cref="ChunkAsk"/>, answered with the chunk as body.</summary>
    public const string ModelChunk = "noodle.model.chunk";
}
