using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>The name in a node's certificate: <c>noodle://mesh/node</c>, as a SAN URI.</summary>
internal static class NodeName
{
    private const string Scheme = "noodle://";
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    /// <summary>A role as the subject's OU names it.</summary>
    public static string TextOf(MeshRole role) => role.ToString().ToLowerInvariant();

    /// <summary>The role in the subject of a certificate that the authority issued; the least one when it names
    /// none.</summary>
    public static MeshRole RoleOf(X509Certificate2 certificate)
    {
        const string organizationalUnit = "2.5.4.11";
        MeshRole[] named = [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == organizationalUnit)
            .Select(part => Enum.GetValues<MeshRole>().FirstOrDefault(
                role => TextOf(role) == part.GetSingleElementValue()))];
        return named is [var only] && Enum.IsDefined(only) ? only : MeshRole.Viewer;
    }

    public static X509Extension ToExtension(MeshId mesh, NodeId node)
    {
        var builder = new SubjectAlternativeNameBuilder();
        builder.AddUri(new Uri($"{Scheme}{mesh}/{node}"));
        return builder.Build();
    }

    /// <summary>Reads the one noodle name of a certificate; the fault is a sentence, or null.</summary>
    public static string? Read(X509Certificate2 certificate, MeshId mesh, out NodeId node)
    {
        node = default;
        List<string> names = [];
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == SubjectAlternativeName && !TryAddUris(extension.RawData, names))
            {
                return "The certificate's alternative names cannot be read.";
            }
        }

        names.RemoveAll(name => !name.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase));
        if (names is not [string only])
        {
            return names.Count == 0 ? "The certificate names no node." : "The certificate names more than one node.";
        }

        string[] parts = only[Scheme.Length..].Split('/');
        if (parts.Length != 2
            || !MeshId.TryParse(parts[0], out MeshId named)
            || !NodeId.TryParse(parts[1], out NodeId id))
        {
            return "The certificate names a node in a form that is not Noodle's.";
        }

        node = named == mesh ? id : default;
        return named == mesh ? null : $"The certificate is for mesh {named}, not for this one ({mesh}).";
    }

    private static bool TryAddUris(byte[] extension, List<string> names)
    {
        try
        {
            var outer = new AsnReader(extension, AsnEncodingRules.DER);
            AsnReader sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            while (sequence.HasData)
            {
                if (sequence.PeekTag().HasSameClassAndValue(s_uri))
                {
                    names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
                }
                else
                {
                    sequence.ReadEncodedValue();
                }
            }

            return true;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false;
        }
    }
}
