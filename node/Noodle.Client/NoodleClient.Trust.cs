using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Noodle.Client.Control;
using Noodle.Client.Failover;

namespace Noodle.Client;

public sealed partial class NoodleClient
{
    /// <summary>The answering node's place in the trust of its mesh.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<TrustInfo> GetTrustAsync(CancellationToken cancellation = default) =>
        GetAsync(TrustPaths.Trust, TrustJson.Default.TrustInfo, cancellation);

    /// <summary>Join tokens, without their secrets.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<TokenInfo>> GetTokensAsync(CancellationToken cancellation = default) =>
        GetAsync(TrustPaths.Tokens, TrustJson.Default.IReadOnlyListTokenInfo, cancellation);

    /// <summary>Makes a join token; the secret in the answer is told this once.</summary>
    /// <exception cref="NoodleException">The node is no admin, or the token makes no sense.</exception>
    public Task<NewTokenInfo> CreateTokenAsync(NewToken token, CancellationToken cancellation = default) =>
        PostAsync(TrustPaths.Tokens, token, TrustJson.Default.NewToken, TrustJson.Default.NewTokenInfo,
            _options.Timeout, cancellation);

    /// <summary>Makes a join token worthless.</summary>
    /// <exception cref="NoodleException">The node is no admin, or there is no such token.</exception>
    public Task RevokeTokenAsync(string id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, $"{TrustPaths.Tokens}/{Segment(id)}", cancellation);

    /// <summary>Takes a node's trust away, for ever.</summary>
    /// <exception cref="NoodleException">The node asked is no admin, or there is no such node.</exception>
    public Task RevokeNodeAsync(string node, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, $"{TrustPaths.Revocations}/{Segment(node)}", cancellation);

    /// <summary>How far a change of the gossip key has come.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<GossipKeysInfo> GetGossipKeysAsync(CancellationToken cancellation = default) =>
        GetAsync(TrustPaths.GossipKeys, TrustJson.Default.GossipKeysInfo, cancellation);

    /// <summary>Begins a change of the gossip key.</summary>
    /// <exception cref="NoodleException">The node is no admin.</exception>
    public Task<GossipKeysInfo> RotateGossipKeyAsync(CancellationToken cancellation = default) =>
        PostAsync(TrustPaths.GossipKeys, null, TrustJson.Default.NewToken, TrustJson.Default.GossipKeysInfo,
            _options.Timeout, cancellation);

    /// <summary>Nodes that wait to be admitted, as the answering node hears them.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<WaitingInfo>> GetWaitingAsync(CancellationToken cancellation = default) =>
        GetAsync(TrustPaths.Admissions, TrustJson.Default.IReadOnlyListWaitingInfo, cancellation);

    /// <summary>Looks at a waiting node, or with the fingerprint that a person compared admits it.</summary>
    /// <remarks>Bound: 6 min, because a person at the waiting node may have to confirm.</remarks>
    /// <exception cref="NoodleException">It was not admitted; the message says why.</exception>
    public Task<AdmittedInfo> AdmitAsync(NewAdmission admission, CancellationToken cancellation = default) =>
        PostAsync(TrustPaths.Admissions, admission, TrustJson.Default.NewAdmission, TrustJson.Default.AdmittedInfo,
            TimeSpan.FromMinutes(6), cancellation);

    private Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody? body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, TimeSpan limit,
        CancellationToken cancellation)
        where TBody : class
    {
        NodeCall<TAnswer> call = new(
            (node, _) =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, At(node, path));
                if (body is not null)
                {
                    request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyType));
                    request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                }

                return request;
            },
            (answer, _, cancel) => ReadJsonAsync(answer, answerType, cancel),
            IsRepeatable: false,
            limit);
        return _caller.CallAsync(call, cancellation);
    }

    private Task<bool> SendAsync(HttpMethod method, string path, CancellationToken cancellation) => _caller.CallAsync(
        new NodeCall<bool>(
            (node, _) => new HttpRequestMessage(method, At(node, path)),
            static (_, _, _) => Task.FromResult(true),
            IsRepeatable: false,
            _options.Timeout),
        cancellation);
}
