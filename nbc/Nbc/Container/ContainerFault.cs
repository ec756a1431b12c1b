namespace Nbc.Container;

/// <summary>Why bytes are no container.</summary>
public enum ContainerFaultKind
{
    None = 0,

    /// <summary>They do not begin with <c>NBC\0</c>.</summary>
    NotAContainer,

    /// <summary>A version that this reader does not know.</summary>
    WrongVersion,

    /// <summary>They end before they should, or go on after it.</summary>
    WrongLength,

    /// <summary>A section is missing, twice there, or not within the file.</summary>
    WrongSection,

    /// <summary>The checksum is that of other bytes.</summary>
    WrongChecksum,

    /// <summary>A number, text or kind that cannot stand where it stands.</summary>
    WrongField,
}

/// <summary>The first fault of a container.</summary>
/// <param name="Offset">Unit: bytes from the start of the file; that of the section for a fault in one.</param>
public readonly record struct ContainerFault(ContainerFaultKind Kind, long Offset, string Detail)
{
    /// <summary>As people read it.</summary>
    public override string ToString() => $"{Kind} at byte {Offset}: {Detail}";
}
