using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Hosting;
using Noodle.Node.Options;
using Noodle.Node.Tests.Nodes;
using Noodle.Node.Trust;

namespace Noodle.Node.Tests.Trust;

public sealed class NodeAdmissionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_without_a_token_is_heard_admitted_by_its_fingerprint_and_joins()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode admin = mesh.Nodes[0];
        NodeOptions options = mesh.OptionsFor("waiting") with { TokenFile = null };
        var told = new TaskCompletionSource<WaitingNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        string? offered = null;
        Task waiting = NodeAdmission.WaitAsync(
            options, told.SetResult,
            (fingerprint, _) =>
            {
                offered = fingerprint;
                return Task.FromResult(true);
            },
            NullLoggerFactory.Instance, Cancel);
        WaitingNode node = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        NodeInfo? shown = null;
        await Eventually.IsTrueAsync(
            () => Task.FromResult((shown = admin.View.ListNodes().SingleOrDefault(
                each => each.State == NodeStates.NotAdmitted)) is not null), "it is shown as waiting");
        Assert.Equal((node.Node.ToString(), $"not admitted: noodle admit {node.Node.ShortName}"),
            (shown!.Id, shown.LastError));
        Assert.Equal(node.Fingerprint, Assert.Single(await admin.Client.GetWaitingAsync(Cancel)).Fingerprint);

        AdmittedInfo met = await admin.Client.AdmitAsync(new NewAdmission { Node = node.Node.ShortName }, Cancel);
        Assert.Equal((false, node.Fingerprint, null), (met.Admitted, met.Fingerprint, offered));
        NoodleException other = await Assert.ThrowsAsync<NoodleException>(() => admin.Client.AdmitAsync(
            new NewAdmission { Node = node.Node.ToString(), Fingerprint = "AAAA-AAAA-AAAA-AAAA" }, Cancel));
        Assert.Contains("not the one given", other.Message);
        AdmittedInfo admitted = await admin.Client.AdmitAsync(
            new NewAdmission { Node = node.Address.ToString(), Fingerprint = node.Fingerprint.ToLowerInvariant() },
            Cancel);
        Assert.True(admitted.Admitted);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.Equal((await admin.Client.GetTrustAsync(Cancel)).Fingerprint, offered);

        TestNode joined = await mesh.StartAsync(options);
        await mesh.UntilAllSeeAsync(2);
        Assert.Equal((node.Node.ToString(), "member"), (joined.Id, joined.Information.Membership));
        await joined.StopAsync();
        // A member has nothing to wait for.
        await NodeAdmission.WaitAsync(
            options, _ => Assert.Fail("it waits"), (_, _) => Task.FromResult(false), NullLoggerFactory.Instance,
            Cancel);
    }

    [Fact]
    public async Task A_port_in_use_is_told_by_name()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        NodeOptions options = mesh.OptionsFor("waiting") with
        {
            TokenFile = null, MeshPort = mesh.Nodes[0].Information.Mesh.Port,
        };
        PortInUseException refused = await Assert.ThrowsAsync<PortInUseException>(() => NodeAdmission.WaitAsync(
            options, _ => { }, (_, _) => Task.FromResult(true), NullLoggerFactory.Instance, Cancel));
        Assert.Contains("--mesh-port", refused.Message);
    }
}
