using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Resources;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Trust;
using NoodleNet.Talk;

namespace Noodle.Node.Tests.Trust;

/// <summary>What somebody who took over a node that is no admin can ask of an admin with its certificate.</summary>
public sealed class WorkerCertificateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("operator", LinkStatus.Ok)]
    [InlineData("caller", LinkStatus.Ok)]
    [InlineData("viewer", LinkStatus.Refused)]
    public async Task A_workers_certificate_gets_no_key_and_no_admission_and_calls_as_its_role_allows(
        string role, LinkStatus infer)
    {
        await using var mesh = new TestMesh(multicast: false);
        TestNode founder = await mesh.AddAsync();
        using NodeCredentials worker = await TakeOverAsync(mesh, founder, role);
        using var account = new ResourceManager("worker", 64, (ResourceKind.Memory, 64 << 20));
        await using var link = new LinkHost(
            new LinkOptions(), worker, new TalkNothing(), account.Root, NullLogger<LinkHost>.Instance,
            TimeProvider.System, []);
        Assert.True(NodeId.TryParse(founder.Id, out NodeId admin));
        LinkPeer peer = await link.ConnectAsync(admin, founder.Information.Mesh, Cancel);

        Assert.Equal((LinkStatus.Refused, 0), await AskAsync(peer, TalkIntents.TrustAuthority, []));
        Assert.Equal(LinkStatus.Refused, (await AskAsync(peer, TalkIntents.TrustAdmit, [0xFF])).Status);
        using (LinkReply reply = await RequestAsync(peer, TalkIntents.TrustAdmit, new AdmissionRequest
        {
            Request = ByteString.CopyFrom(1, 2, 3), ServerHash = ByteString.CopyFrom(new byte[32]),
            Nonce = ByteString.CopyFrom(new byte[32]),
        }.ToByteArray()))
        {
            AdmissionAnswer answer = AdmissionAnswer.Parser.ParseFrom(reply.Header.Span);
            Assert.Equal(((uint)JoinFault.Malformed, 0), (answer.Fault, answer.Certificate.Length));
        }

        Assert.Equal(
            LinkStatus.UnknownMethod, (await AskAsync(peer, "noodle.trust.revoke", founder.Id.Select(c => (byte)c)))
            .Status);
        byte[] call = new InferRequest { Model = "m", Digest = new string('0', 64) }.ToByteArray();
        Assert.Equal(infer, (await AskAsync(peer, TalkIntents.Infer, call)).Status);
        byte[] message = new ProgramMessage { Session = "s", Channel = "c" }.ToByteArray();
        Assert.Equal(
            role == "operator" ? LinkStatus.Unavailable : LinkStatus.Refused, // no program of that session runs there
            (await AskAsync(peer, TalkIntents.ProgramSend, message)).Status);
        Assert.Equal([founder.Id], (await founder.Client.GetTrustAsync(Cancel)).Admins);
    }

    private static async Task<NodeCredentials> TakeOverAsync(TestMesh mesh, TestNode founder, string role)
    {
        NewTokenInfo made = await founder.Client.CreateTokenAsync(
            new NewToken { TtlSeconds = 3600, Role = role }, Cancel);
        Assert.True(MeshToken.TryParse(made.Token, out MeshToken? token, out _));
        string file = Path.Combine(mesh.Folder, "role-token");
        token.Save(file);
        TestNode worker = await mesh.AddAsync(options => options with
        {
            TokenFile = file, Join = [founder.Information.Mesh.ToString()],
        });
        await mesh.UntilAllSeeAsync(2);
        (string folder, NodeId self) = (worker.Information.Folder, worker.Information.Id);
        await worker.StopAsync();
        return NodeCredentials.Load(Path.Combine(folder, "credentials.pem"), self, TimeProvider.System)!;
    }

    private static async Task<(LinkStatus Status, int Bytes)> AskAsync(
        LinkPeer peer, string method, IEnumerable<byte> header)
    {
        using LinkReply reply = await RequestAsync(peer, method, [.. header]);
        return (reply.Status, reply.Header.Length);
    }

    private static async Task<LinkReply> RequestAsync(LinkPeer peer, string method, byte[] header) =>
        await peer.RequestAsync(
            new LinkRequest { Head = new LinkHead(method, TimeSpan.FromSeconds(30)), Header = header }, Cancel);

    private sealed class TalkNothing : ILinkHandler
    {
        public ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation) =>
            incoming.ReplyAsync(LinkStatus.UnknownMethod, "", default, [], cancellation);
    }
}
