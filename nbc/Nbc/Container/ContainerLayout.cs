namespace Nbc.Container;

/// <summary>Where what is in a container. Numbers are little-endian.</summary>
internal static class ContainerLayout
{
    /// <summary><c>NBC\0</c></summary>
    public const uint Magic = 0x0043424E;
    public const ushort Version = 1;

    /// <summary>Magic 4, version 2, zero 2, sections 4, zero 4, file length 8, SHA-256 32.</summary>
    public const int HeaderBytes = 56;

    /// <summary>Where the checksum stands; it covers the table and all sections but <see cref="Data"/>.</summary>
    public const int ChecksumOffset = 24;
    public const int ChecksumBytes = 32;

    /// <summary>Kind 4, zero 4, offset 8, length 8.</summary>
    public const int TableRowBytes = 24;

    /// <summary>Of the section Data in the file, and of each constant in it.</summary>
    public const int DataAlignment = 64;

    public const uint Names = 1;
    public const uint Scalars = 2;
    public const uint Attributes = 3;
    public const uint Constants = 4;
    public const uint Signature = 5;
    public const uint Functions = 6;

    /// <summary>Elements of the constants, last in the file, so that it can be mapped.</summary>
    public const uint Data = 7;

    /// <summary>Sections of a kind from here on are skipped by a reader that does not know them.</summary>
    public const uint FirstOptional = 0x100;

    /// <summary>Where a constant's elements are.</summary>
    public const byte InData = 0;
    public const byte InBlob = 1;
    public const byte InIndex = 2;
}
