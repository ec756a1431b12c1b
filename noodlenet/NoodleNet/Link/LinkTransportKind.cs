namespace NoodleNet.Link;

/// <summary>What a connection runs over.</summary>
public enum LinkTransportKind
{
    /// <summary>TLS over TCP.</summary>
    Tcp,

    /// <summary>One stream of a QUIC connection.</summary>
    Quic,

    /// <summary>TLS from end to end inside a stream that a third node passes on.</summary>
    Relay,

    /// <summary>TLS inside one process, as tests have it.</summary>
    Memory,
}
