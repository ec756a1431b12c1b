using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Turns the seeds that a person named into addresses, again and again.</summary>
/// <remarks>
/// Meaning: a host name is asked of the system's resolver, which knows the hosts file and search domains but tells no
/// lifetime: <see cref="HostLife"/> is taken. With name servers of its own, and always for service names, DNS is asked
/// directly and its lifetimes hold. A failure is logged once, until an answer comes again.
/// Bound: <see cref="MaxAtOnce"/> questions at once, each name <see cref="Limit"/>; a service name has at most
/// <see cref="MaxServices"/> hosts that are followed. See <see cref="SeedTable"/> for the addresses.
/// </remarks>
public sealed class SeedLookup
{
    public const int MaxAtOnce = 8;
    public const int MaxServices = 64;
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan HostLife = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_question = TimeSpan.FromSeconds(1);
    private readonly SeedTable _table;
    private readonly Lock _gate = new();
    private readonly LookupClient? _servers; // null: host names are the system's, service names its servers'
    private readonly Lazy<LookupClient> _dns;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly ILogger _log;

    /// <param name="nameServers">Asked instead of the system's resolver; empty for that one.</param>
    public SeedLookup(
        IReadOnlyList<SeedName> names, IReadOnlyList<IPEndPoint> nameServers, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(nameServers);
        ArgumentNullException.ThrowIfNull(time);
        _table = new SeedTable(names);
        (_time, _log, _origin) = (time, log, time.GetTimestamp());
        _servers = nameServers.Count == 0 ? null : new LookupClient(Set(new LookupClientOptions([.. nameServers])));
        // Finding the system's servers takes a while: only who asks for a service waits for it.
        _dns = new Lazy<LookupClient>(() => _servers ?? new LookupClient(Set(new LookupClientOptions())));
    }

    /// <summary>The addresses known now, without asking anybody.</summary>
    public IReadOnlyList<IPEndPoint> Addresses
    {
        get
        {
            lock (_gate)
            {
                return _table.Addresses;
            }
        }
    }

    private Instant Now => new(_time.GetElapsedTime(_origin).Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Looks up every name whose time has come, and returns when all are answered or given up.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        IReadOnlyList<SeedName> due;
        lock (_gate)
        {
            due = _table.TakeDue(Now);
        }

        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellation },
            async (name, stop) => await RefreshAsync(name, stop).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static LookupClientOptions Set(LookupClientOptions options)
    {
        options.UseCache = false; // the table is the cache
        options.Timeout = s_question;
        options.Retries = 1;
        options.ThrowDnsErrors = false;
        return options;
    }

    private async Task RefreshAsync(SeedName name, CancellationToken cancellation)
    {
        string reason = "it has no address";
        Answer answer = Answer.Empty;
        using var limit = new CancellationTokenSource(Limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            answer = name.Kind == SeedKind.Service
                ? await FindServicesAsync(name.Host, both.Token).ConfigureAwait(false)
                : _servers is null ? await AskSystemAsync(name, both.Token).ConfigureAwait(false)
                : await FindHostAsync(_servers, name.Host, name.Port, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            reason = $"no answer within {Limit.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or ArgumentException)
        {
            reason = e.Message; // ArgumentException: a label that DNS cannot carry
        }

        bool changed;
        lock (_gate)
        {
            changed = answer.Addresses.Count > 0
                ? _table.SetFound(name, answer.Addresses, answer.Life, Now) : _table.SetFailed(name, Now);
        }

        if (changed && answer.Addresses.Count > 0)
        {
            Log.SeedFoundAgain(_log, name, answer.Addresses.Count);
        }
        else if (changed)
        {
            Log.SeedNotFound(_log, name, reason);
        }
    }

    private static async Task<Answer> AskSystemAsync(SeedName name, CancellationToken cancellation)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(name.Host, cancellation).ConfigureAwait(false);
        return new Answer([.. addresses.Select(address => new IPEndPoint(address, name.Port))], HostLife);
    }

    private static async Task<Answer> FindHostAsync(
        LookupClient dns, string host, int port, CancellationToken cancellation)
    {
        IDnsQueryResponse[] both = await Task.WhenAll(
            dns.QueryAsync(host, QueryType.A, QueryClass.IN, cancellation),
            dns.QueryAsync(host, QueryType.AAAA, QueryClass.IN, cancellation)).ConfigureAwait(false);
        AddressRecord[] records = [.. both.SelectMany(answer => answer.Answers.OfType<AddressRecord>())];
        return new Answer([.. records.Select(record => new IPEndPoint(record.Address, port))], Life(records));
    }

    private async Task<Answer> FindServicesAsync(string service, CancellationToken cancellation)
    {
        LookupClient dns = _dns.Value;
        IDnsQueryResponse found = await dns.QueryAsync(service, QueryType.SRV, QueryClass.IN, cancellation)
            .ConfigureAwait(false);
        // A target "." says that the service is decidedly not there: RFC 2782.
        SrvRecord[] services = [.. found.Answers.SrvRecords()
            .Where(record => record.Target.Value != "." && record.Port != 0)
            .OrderBy(record => record.Priority).ThenByDescending(record => record.Weight).Take(MaxServices)];
        var whole = new Answer([], Life(services));
        foreach (SrvRecord record in services)
        {
            AddressRecord[] glue = [.. found.Additionals.OfType<AddressRecord>()
                .Where(address => address.DomainName.Equals(record.Target))];
            Answer host = glue.Length > 0
                ? new Answer([.. glue.Select(address => new IPEndPoint(address.Address, record.Port))], Life(glue))
                : await FindHostAsync(dns, record.Target.Value, record.Port, cancellation).ConfigureAwait(false);
            whole = new Answer(
                [.. whole.Addresses, .. host.Addresses], host.Life < whole.Life ? host.Life : whole.Life);
        }

        return whole;
    }

    private static TimeSpan Life(IReadOnlyList<DnsResourceRecord> records) => records.Count == 0
        ? SeedTable.LongestLife
        : TimeSpan.FromSeconds(records.Min(record => record.InitialTimeToLive));

    private sealed record Answer(IReadOnlyList<IPEndPoint> Addresses, TimeSpan Life)
    {
        public static readonly Answer Empty = new([], TimeSpan.Zero);
    }
}
