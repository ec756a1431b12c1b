using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Resources;
using Noodle.Node.Tests.Nodes;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Tests.Trust;

/// <summary>Whoever has the gossip key can announce members; that admits none of them to the data path.</summary>
public sealed class MemberIdentityTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, int> Members => new()
    {   // what it says of itself                shown as        dialed at most
        { "nothing, as an agent of Serf",        "stranger",     0 },
        { "that it is a node",                   "unverified",   0 },
        { "a claim that cannot be read",         "unverified",   0 },
        { "a claim for another port",            "unverified",   0 },
        { "a claim for another name",            "unverified",   0 },
        { "a claim with a key of its own",       "claimed",      3 },
    };

    [Fact]
    public async Task The_gossip_key_alone_admits_nobody_to_the_data_path()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TestNode node = mesh.Nodes[0];
        MeshMembership membership = node.Services.GetRequiredService<NodeRuntime>().Trust.Parts.Membership;
        List<Fake> fakes = [];
        try
        {
            foreach (var row in Members)
            {
                fakes.Add(await Fake.StartAsync(row.Data.Item1, membership, node.Information.Mesh));
            }

            foreach ((Fake fake, var row) in fakes.Zip(Members))
            {
                await Eventually.IsTrueAsync(
                    () => Task.FromResult(node.View.ListNodes().Any(each => each.Id == fake.Id
                        && each.Identity == row.Data.Item2)), $"{row.Data.Item1} is shown as {row.Data.Item2}");
            }

            Fake claimed = fakes[^1];
            await Eventually.IsTrueAsync(() => Task.FromResult(claimed.Dials == 3), "it was tried three times");
            Assert.All(fakes.Zip(Members), pair => Assert.Equal(pair.Second.Data.Item3, pair.First.Dials));
            Assert.All(node.View.ListNodes().Where(each => !each.Self), each => Assert.Null(each.RoundTripUs));
            Assert.Equal("verified", node.View.ListNodes().Single(each => each.Self).Identity);
        }
        finally
        {
            foreach (Fake fake in fakes)
            {
                await fake.Host.DisposeAsync();
            }
        }
    }

    private sealed class Fake
    {
        private int _dials;

        public required string Id { get; init; }

        public GossipHost Host { get; private set; } = null!;

        public int Dials => Volatile.Read(ref _dials);

        public static async Task<Fake> StartAsync(string what, MeshMembership membership, IPEndPoint seed)
        {
            NodeId self = NodeId.Create("fake", Guid.NewGuid());
            var fake = new Fake { Id = self.ToString() };
            var account = new ResourceManager("fake", 16, (ResourceKind.Memory, 64 << 20));
            fake.Host = new GossipHost(
                new GossipOptions
                {
                    Profile = NoodleNet.Discovery.SwimOptions.Local,
                    Keys = new KeyRing(membership.Credentials.GossipKeys),
                    TakeTls = _ =>
                    {
                        Interlocked.Increment(ref fake._dials);
                        return false;
                    },
                },
                self, NullLogger<GossipHost>.Instance, TimeProvider.System, account.Root);
            await fake.Host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), new Dictionary<string, string>(), Cancel);
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            int port = fake.Host.LocalEndPoint.Port;
            UInt128 mesh = membership.Trust.Mesh;
            string? claim = what switch
            {
                "a claim that cannot be read" => "AAAA",
                "a claim for another port" => MetaIdentity.Make(key, mesh, self, (ushort)(port ^ 1)).ToTag(),
                "a claim for another name" => membership.Credentials.SignIdentity(port).ToTag(),
                "a claim with a key of its own" => MetaIdentity.Make(key, mesh, self, (ushort)port).ToTag(),
                _ => null,
            };
            var tags = new Dictionary<string, string>();
            if (what != "nothing, as an agent of Serf")
            {
                tags["role"] = "noodle";
            }

            if (claim is not null)
            {
                tags[MetaIdentity.Tag] = claim;
            }

            await fake.Host.SetTagsAsync(tags, Cancel);
            Assert.Equal(1, await fake.Host.JoinAsync([seed], Cancel));
            return fake;
        }
    }
}
