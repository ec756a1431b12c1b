using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>Keys and certificates in one file, whole or not there, that only its owner may read.</summary>
internal static class PemFile
{
    public static void Write(string path, params ReadOnlySpan<(string Label, byte[] Content)> parts)
    {
        var text = new StringBuilder();
        foreach ((string label, byte[] content) in parts)
        {
            text.Append(PemEncoding.Write(label, content)).Append('\n');
        }

        AtomicFile.Write(path, Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>Reads a file of <paramref name="count"/> parts, or up to <paramref name="most"/>; null when there is
    /// none.</summary>
    /// <exception cref="StorageException">The file is not understood, or others may read it.</exception>
    public static T? Read<T>(
        string path, int limitBytes, int count, Func<IReadOnlyList<(string Label, byte[] Content)>, T> understand,
        int most = 0)
        where T : class
    {
        if (AtomicFile.Read(path, limitBytes) is not { } content)
        {
            return null;
        }

        RefuseReadableByOthers(path);
        try
        {
            List<(string, byte[])> parts = Split(Encoding.ASCII.GetString(content));
            return parts.Count >= count && parts.Count <= int.Max(count, most) ? understand(parts)
                : throw new FormatException($"it has {parts.Count} parts of {count}");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            throw new StorageException($"The file '{path}' is damaged ({e.Message}); "
                + "bring it back from a backup, or remove its folder to start as a new node.", e);
        }
    }

    public static X509Certificate2 Certificate((string Label, byte[] Content) part) =>
        X509CertificateLoader.LoadCertificate(Labelled(part, "CERTIFICATE"));

    public static ECDsa Key((string Label, byte[] Content) part)
    {
        ECDsa key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Labelled(part, "PRIVATE KEY"), out _);
        return key;
    }

    /// <summary>Joins certificate and key; they must belong together.</summary>
    public static X509Certificate2 WithKey(X509Certificate2 certificate, (string Label, byte[] Content) part)
    {
        using ECDsa key = Key(part);
        return WithKey(certificate, key);
    }

    public static X509Certificate2 WithKey(X509Certificate2 certificate, ECDsa key)
    {
        X509Certificate2 joined = certificate.CopyWithPrivateKey(key);
        if (!OperatingSystem.IsWindows())
        {
            return joined;
        }

        // TLS on Windows takes only keys that its key store knows.
        using (joined)
        {
            // Exportable: a renewed certificate is written down with the same key.
            return X509CertificateLoader.LoadPkcs12(
                joined.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        }
    }

    public static byte[] Labelled((string Label, byte[] Content) part, string label) => part.Label == label
        ? part.Content
        : throw new FormatException($"found {part.Label} where {label} belongs");

    /// <exception cref="StorageException">Others may read the file: what is in it is no secret any more.</exception>
    public static void RefuseReadableByOthers(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new StorageException(
                $"Other users may read '{path}', which is secret; forbid it with: chmod 600 '{path}'.");
        }
    }

    private static List<(string Label, byte[] Content)> Split(ReadOnlySpan<char> text)
    {
        List<(string, byte[])> parts = [];
        while (PemEncoding.TryFind(text, out PemFields fields))
        {
            parts.Add((text[fields.Label].ToString(), Convert.FromBase64String(text[fields.Base64Data].ToString())));
            text = text[fields.Location.End..];
        }

        return parts;
    }
}
