using System.Diagnostics;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Tests.Trust;

public sealed class RevocationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_revoked_node_is_cut_off_within_a_second_shown_as_such_and_does_not_come_back()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3, multicast: false);
        (TestNode founder, TestNode member, TestNode bad) = (mesh.Nodes[0], mesh.Nodes[1], mesh.Nodes[2]);
        string[] before = [.. (await founder.Client.GetGossipKeysAsync(Cancel)).Keys];

        long began = Stopwatch.GetTimestamp();
        await founder.Client.RevokeNodeAsync(bad.Id, Cancel);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(!HasLink(founder, bad) && !HasLink(member, bad)), "nobody is connected to it");
        // Generous: the machine may be busy. What is promised is a second.
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        foreach (TestNode node in new[] { founder, member })
        {
            await Eventually.IsTrueAsync(
                () => Task.FromResult(node.StateOf(bad.Id) == NodeStates.Revoked), "it is shown as revoked");
        }

        NoodleException twice = await Assert.ThrowsAsync<NoodleException>(
            () => founder.Client.RevokeNodeAsync(bad.Id, Cancel));
        Assert.Contains("revoked already", twice.Message);

        // The gossip key that it knows is changed, and it gets no other.
        await Eventually.IsTrueAsync(
            async () => await founder.Client.GetGossipKeysAsync(Cancel) is { Phase: "settled", Keys: [var key] }
                && !before.Contains(key), "the gossip key is another one");
        Assert.Equal(before, (await bad.Client.GetGossipKeysAsync(Cancel)).Keys);
        Assert.False(HasLink(founder, bad) || HasLink(member, bad));

        await bad.StopAsync();
        File.Delete(Path.Combine(bad.Information.Folder, "credentials.pem"));
        TrustException refused = await Assert.ThrowsAsync<TrustException>(() => mesh.StartAsync(bad.Options));
        Assert.Contains("revoked", refused.Message);
    }

    private static bool HasLink(TestNode at, TestNode to) =>
        at.View.ListNodes().Any(node => node.Id == to.Id && node.RoundTripUs is not null);
}
