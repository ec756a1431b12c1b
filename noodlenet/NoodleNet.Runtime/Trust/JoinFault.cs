namespace NoodleNet.Runtime.Trust;

/// <summary>Why a node was not admitted. The numbers up to 31 go over the wire and never change.</summary>
public enum JoinFault : byte
{
    /// <summary>It was admitted.</summary>
    None = 0,

    /// <summary>The request is not understood, or its key is not an ECDSA key on P-256.</summary>
    Malformed = 1,

    /// <summary>The mesh never gave out this token, or revoked it.</summary>
    UnknownToken = 2,

    /// <summary>The token's id is known, its secret is another.</summary>
    WrongSecret = 3,

    /// <summary>The token's time is over.</summary>
    Expired = 4,

    /// <summary>A node of this name is a member already, with another key.</summary>
    NameTaken = 5,

    /// <summary>The node that was asked is a member, and reaches no admin of the mesh now: try later or
    /// elsewhere.</summary>
    NotAnAuthority = 6,

    /// <summary>Too many ask at once, or too many wrong secrets came from there: try later.</summary>
    Busy = 7,

    /// <summary>The mesh has as many members as it may.</summary>
    Full = 8,

    /// <summary>The admission could not be written to disk.</summary>
    Storage = 9,

    /// <summary>The token has admitted as many nodes as it may.</summary>
    UsedUp = 10,

    /// <summary>The node, or the token, was revoked.</summary>
    Revoked = 11,

    /// <summary>The node's certificate, or the proof that it owns it, is not in order.</summary>
    BadCertificate = 12,

    /// <summary>Seen by the joiner: nobody answers there, or it is no Noodle node.</summary>
    Unreachable = 32,

    /// <summary>Seen by the joiner: no answer in time.</summary>
    TimedOut = 33,

    /// <summary>Seen by the joiner: the node belongs to another mesh than the token. Nothing secret was sent.</summary>
    WrongMesh = 34,

    /// <summary>Seen by the joiner: the node has no certificate from the mesh. Nothing secret was sent.</summary>
    Impostor = 35,

    /// <summary>Seen by the joiner: the answer is not one, or the certificate in it is not for this node.</summary>
    BadAnswer = 36,

    /// <summary>Seen by the joiner: the node is of the mesh, but its certificate is not valid by this clock: one of the
    /// clocks is off. Nothing secret was sent.</summary>
    ClockOff = 37,
}
