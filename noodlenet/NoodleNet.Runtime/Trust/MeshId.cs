using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NoodleNet.Runtime.Trust;

/// <summary>Names one mesh: the first 16 bytes of the SHA-256 of its authority's certificate.</summary>
public readonly record struct MeshId(UInt128 Value)
{
    private const int TextLength = 32;
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The mesh that a certificate is the authority of.</summary>
    public static MeshId Of(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return FromHash(authority.GetCertHash(HashAlgorithmName.SHA256));
    }

    /// <summary>The mesh whose authority's certificate has this SHA-256.</summary>
    public static MeshId FromHash(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt128BigEndian(hash));

    /// <summary>Reads the text form, 32 small hexadecimal digits; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MeshId mesh)
    {
        bool good = text.Length == TextLength && !text.ContainsAnyExcept(s_digits);
        mesh = good
            ? new MeshId(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            : default;
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
