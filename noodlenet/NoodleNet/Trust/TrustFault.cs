namespace NoodleNet.Trust;

/// <summary>Why a trust record was not taken.</summary>
public enum TrustFault
{
    /// <summary>It was taken, and it is news.</summary>
    None,

    /// <summary>This very record is there already.</summary>
    Known,

    /// <summary>The rule of its key prefers the record that is there.</summary>
    Outdone,

    /// <summary>The key names no kind of record, or another one than the record is of.</summary>
    Key,

    /// <summary>The bytes are not a record.</summary>
    Malformed,

    /// <summary>The authority of the mesh did not sign it.</summary>
    Unsigned,

    /// <summary>As many records of the kind are there as may be.</summary>
    Full,
}
