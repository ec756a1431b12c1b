using System.Security.Cryptography;
using Noodle.Primitives;
using NoodleNet.Trust;

namespace NoodleNet.Tests.Trust;

/// <summary>An authority that signs for one mesh.</summary>
internal sealed class TestSeal(UInt128 mesh) : ITrustSeal, IDisposable
{
    public static readonly DateTimeOffset Time = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    public static readonly NodeId A = NodeId.Create("a", new Guid("00000000-0000-0000-0000-00000000000a"));
    public static readonly NodeId B = NodeId.Create("b", new Guid("00000000-0000-0000-0000-00000000000b"));
    public static readonly NodeId C = NodeId.Create("c", new Guid("00000000-0000-0000-0000-00000000000c"));

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public UInt128 Mesh => mesh;

    public int Checks { get; private set; }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Checks++;
        return _key.VerifyData(data, signature, HashAlgorithmName.SHA256);
    }

    public byte[] Sign(byte[] data) => _key.SignData(data, HashAlgorithmName.SHA256);

    public byte[] Write(TrustRecord record) => TrustCodec.Write(record, mesh, Sign);

    public static byte[] Bytes(byte value, int count = 32) => [.. Enumerable.Repeat(value, count)];

    public static TokenRecord Token(ulong id, int hours = 1, uint uses = 0, MeshRole role = MeshRole.Operator) =>
        new(id, role, uses, Time, Time.AddHours(hours));

    public static AdmittedRecord Admitted(NodeId node, ulong token = 0, byte key = 1, int seconds = 0) =>
        new(node, Bytes(key), MeshRole.Operator, token, Time.AddSeconds(seconds));

    public static GossipRingRecord Ring(uint epoch, RingPhase phase, params byte[] keys) =>
        new(epoch, phase, [.. keys.Select(key => (ReadOnlyMemory<byte>)Bytes(key))], A);

    public void Dispose() => _key.Dispose();
}
