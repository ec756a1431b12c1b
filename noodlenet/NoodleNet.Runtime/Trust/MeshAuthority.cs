using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>The certificate authority of one mesh; the node that founded it and every admin have its key.</summary>
/// <remarks>ECDSA on P-256 with SHA-256; the authority lasts ten years, a node's certificate a week.</remarks>
public sealed class MeshAuthority : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int SerialBytes = 16;
    private const int MaxFileBytes = 64 << 10;

    /// <summary>How long a node's certificate lasts.</summary>
    public static readonly TimeSpan NodeLifetime = TimeSpan.FromDays(7);

    // A peer's clock may be behind: what is issued now is valid there too.
    private static readonly TimeSpan s_skew = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock;
    private readonly ECDsa _key;
    private readonly byte[] _tokenKey = new byte[JoinProof.SecretBytes];
    private readonly Lock _lock = new(); // an ECDsa is for one thread at a time

    private MeshAuthority(X509Certificate2 certificate, TimeProvider clock)
    {
        (Certificate, Mesh, _clock) = (certificate, MeshId.Of(certificate), clock);
        _key = certificate.GetECDsaPrivateKey()!;
        byte[] scalar = _key.ExportParameters(includePrivateParameters: true).D!;
        HKDF.DeriveKey(HashAlgorithmName.SHA256, scalar, _tokenKey, [], "noodle token key v1"u8);
        CryptographicOperations.ZeroMemory(scalar);
    }

    /// <summary>The authority's certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    public MeshId Mesh { get; }

    /// <summary>Makes the authority of a new mesh.</summary>
    public static MeshAuthority Create(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Noodle mesh authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = clock.GetUtcNow();
        return new MeshAuthority(request.CreateSelfSigned(now - (2 * s_skew), now.AddYears(10)), clock);
    }

    /// <summary>Puts certificate and key of an authority together; null when they are not of one.</summary>
    public static MeshAuthority? Import(X509Certificate2 certificate, byte[] privateKey, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        try
        {
            using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
            return new MeshAuthority(PemFile.WithKey(bare, ("PRIVATE KEY", privateKey)), clock);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The private key, for another admin's disk, over mutual TLS alone.</summary>
    public byte[] ExportKey()
    {
        lock (_lock)
        {
            return _key.ExportPkcs8PrivateKey();
        }
    }

    /// <summary>Signs for <see cref="TrustCodec"/>.</summary>
    internal byte[] Sign(byte[] data)
    {
        lock (_lock)
        {
            return _key.SignData(data, HashAlgorithmName.SHA256);
        }
    }

    /// <summary>The secret of a token with these terms.</summary>
    internal byte[] SecretOf(TokenRecord token) => JoinProof.SecretOf(token, _tokenKey);

    /// <summary>Issues a certificate for a node; of the request only the public key is taken.</summary>
    /// <param name="signingRequest">PKCS #10, from a stranger.</param>
    /// <returns>False when the request is not one, is not signed with its key, or the key is not on P-256.</returns>
    public bool TryIssue(
        ReadOnlySpan<byte> signingRequest, NodeId node, MeshRole role,
        [NotNullWhen(true)] out X509Certificate2? certificate)
    {
        certificate = TryReadKey(signingRequest, out PublicKey? key) ? Issue(key, node, role) : null;
        return certificate is not null;
    }

    internal static bool TryReadKey(ReadOnlySpan<byte> signingRequest, [NotNullWhen(true)] out PublicKey? key)
    {
        key = null;
        try
        {
            PublicKey asked = CertificateRequest
                .LoadSigningRequest(signingRequest.ToArray(), HashAlgorithmName.SHA256).PublicKey;
            using ECDsa? ec = asked.GetECDsaPublicKey();
            key = ec is not null && ec.ExportParameters(false).Curve.Oid.Value == P256 ? asked : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            key = null; // whatever a stranger sent, it was not a signing request
        }

        return key is not null;
    }

    internal X509Certificate2 Issue(PublicKey key, NodeId node, MeshRole role)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationalUnitName(NodeName.TextOf(role));
        name.AddCommonName(node.Uuid.ToString("N"));
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(PeerCheck.ServerUse), new Oid(PeerCheck.ClientUse)], false));
        request.CertificateExtensions.Add(NodeName.ToExtension(Mesh, node));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // positive and of full length in DER
        DateTimeOffset now = _clock.GetUtcNow();
        DateTimeOffset from = Later(now - s_skew, Certificate.NotBefore);
        DateTimeOffset to = now + NodeLifetime;
        return request.Create(Certificate, from, to < Certificate.NotAfter ? to : Certificate.NotAfter, serial);
    }

    /// <summary>Writes certificate and key, for the owner's eyes only.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public void Save(string path)
    {
        byte[] key = ExportKey();
        PemFile.Write(path, ("CERTIFICATE", Certificate.RawData), ("PRIVATE KEY", key));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null when there is no such file.</summary>
    /// <exception cref="StorageException">The file is damaged, or readable by others.</exception>
    public static MeshAuthority? Load(string path, TimeProvider clock)
    {
        return PemFile.Read(path, MaxFileBytes, 2, parts =>
        {
            using X509Certificate2 bare = PemFile.Certificate(parts[0]);
            return new MeshAuthority(PemFile.WithKey(bare, parts[1]), clock);
        });
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_tokenKey);
        _key.Dispose();
        Certificate.Dispose();
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
