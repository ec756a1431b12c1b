using Microsoft.Extensions.Logging;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>What a connection needs of its host.</summary>
internal sealed record LinkContext(
    LinkOptions Options,
    ILinkIdentity Identity,
    ILinkHandler Handler,
    IResourceAccount Account,
    ILogger Logger,
    HostClock Clock);
