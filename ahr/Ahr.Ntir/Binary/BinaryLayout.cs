namespace Ahr.Ntir.Binary;

/// <summary>Where what is in the binary form. Numbers are little-endian; docs/ntir.md is the specification.</summary>
internal static class BinaryLayout
{
    /// <summary><c>NTIR</c></summary>
    public const uint Magic = 0x5249544E;
    public const ushort Version = 1;

    /// <summary>Magic 4, version 2, zero 2, sections 4, zero 4, file length 8, SHA-256 32.</summary>
    public const int HeaderBytes = 56;
    public const int CountOffset = 8;
    public const int LengthOffset = 16;

    /// <summary>Where the checksum stands; it covers all from the table to where <see cref="Data"/> begins.</summary>
    public const int ChecksumOffset = 24;
    public const int HashBytes = 32;

    /// <summary>Kind 4, zero 4, offset 8, length 8.</summary>
    public const int TableRowBytes = 24;
    public const int MostSections = 64;

    /// <summary>Of the section Data in the file, and of each constant in it.</summary>
    public const int Alignment = 64;

    public const uint Texts = 1;
    public const uint Types = 2;
    public const uint Constants = 3;
    public const uint Module = 4;

    /// <summary>Elements of the constants, last in the file, so that it can be mapped.</summary>
    public const uint Data = 5;

    /// <summary>Sections of a kind from here on are skipped by a reader that does not know them.</summary>
    public const uint FirstOptional = 0x100;

    public const byte UnknownType = 0;
    public const byte TensorType = 1;
    public const byte UnrankedType = 2;
    public const byte SequenceType = 3;
    public const byte OptionalType = 4;
    public const byte MapType = 5;

    public const ulong UnknownSize = 0;
    public const ulong NamedSize = 1;

    /// <summary>Added to a size that is a number.</summary>
    public const ulong FirstSize = 2;

    public static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
