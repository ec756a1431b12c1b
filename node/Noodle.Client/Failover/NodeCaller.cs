using System.Net;
using System.Runtime.ExceptionServices;
using Noodle.Client.Protocol;
using Noodle.Primitives;

namespace Noodle.Client.Failover;

/// <summary>Puts a call to one node after the other until one answers, within the call's time and attempts.</summary>
/// <remarks>
/// Meaning: another node is tried after a failed connection, a lost one and a 503. Every other answer is final.
/// A node whose connection failed is avoided for a while; one that said 503 only for this call.
/// </remarks>
internal sealed class NodeCaller(
    NodeRing ring, HttpMessageInvoker http, NoodleClientOptions options, TimeProvider clock)
{
    private readonly long _origin = clock.GetTimestamp();

    /// <exception cref="NoodleException">There is no result.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<T> CallAsync<T>(NodeCall<T> call, CancellationToken cancellation)
    {
        Instant deadline = Now() + call.Timeout;
        using CancellationTokenSource timer = new(call.Timeout, clock);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        AttemptFailure? last = null;
        ulong tried = 0;
        int retries = 0;
        try
        {
            while (true)
            {
                int index = ring.Pick(Now(), ref tried);
                (T? result, AttemptFailure? failure) =
                    await AttemptAsync(call, index, deadline, retries, either.Token).ConfigureAwait(false);
                if (failure is null)
                {
                    return result!;
                }

                last = failure;
                if (++retries >= options.MaxAttempts || !(call.IsRepeatable || failure.NothingSent))
                {
                    throw GaveUp(failure, retries, call.IsRepeatable);
                }

                await Task.Delay(Backoff(retries), clock, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            string before = last is null ? "" : $" Before that, {last.Sentence}.";
            throw new NoodleException(
                NoodleFault.DeadlineExceeded,
                $"No answer within {call.Timeout.TotalSeconds:0.###} s; give the call more time.{before}",
                inner: e);
        }
    }

    private async Task<(T? Result, AttemptFailure? Failure)> AttemptAsync<T>(
        NodeCall<T> call, int index, Instant deadline, int retries, CancellationToken cancellation)
    {
        Uri node = ring[index];
        using CancellationTokenSource attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using CancellationTokenSource timer = new(options.AttemptTimeout ?? Timeout.InfiniteTimeSpan, clock);
        using CancellationTokenRegistration link = timer.Token.UnsafeRegister(
            static state => ((CancellationTokenSource)state!).Cancel(), attempt);
        AttemptFailure failure;
        try
        {
            using HttpRequestMessage request = call.MakeRequest(node, deadline - Now());
            using HttpResponseMessage answer = await http.SendAsync(request, attempt.Token).ConfigureAwait(false);
            ring.Trust(index);
            if (answer.IsSuccessStatusCode)
            {
                return (await call.ReadAsync(answer, retries, attempt.Token).ConfigureAwait(false), null);
            }

            NoodleException error = await ErrorAnswer.ReadAsync(answer, node, attempt.Token).ConfigureAwait(false);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                ExceptionDispatchInfo.Throw(error);
            }

            return (default, new AttemptFailure($"{Name(node)} said: {error.Message}", false, error));
        }
        catch (HttpRequestException e)
        {
            bool nothingSent = e.HttpRequestError is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            string verb = nothingSent ? "could not be reached" : "broke off";
            failure = new($"{Name(node)} {verb} ({Innermost(e)})", nothingSent, e);
        }
        catch (IOException e)
        {
            failure = new($"{Name(node)} broke off ({Innermost(e)})", false, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            // Either our timer for one attempt, or the handler's timer for connecting.
            bool connecting = !attempt.IsCancellationRequested;
            string verb = connecting ? "could not be reached in time" : "did not answer in time";
            failure = new($"{Name(node)} {verb}", connecting, e);
        }

        ring.Avoid(index, Now() + options.AvoidFor);
        return (default, failure);
    }

    private static NoodleException GaveUp(AttemptFailure failure, int attempts, bool repeatable)
    {
        if (failure.Error is NoodleException said)
        {
            return said;
        }

        string message = failure.NothingSent
            ? $"No node answered in {attempts} attempts; the last one, {failure.Sentence}. Is one running there?"
            : repeatable
                ? $"No node answered in {attempts} attempts; the last one, {failure.Sentence}."
                : $"{failure.Sentence}, so it is not known whether it did this; look before you repeat it.";
        return new NoodleException(NoodleFault.Unavailable, message, inner: failure.Error);
    }

    private TimeSpan Backoff(int retry)
    {
        double longest = Math.Min(
            options.BackoffLimit.Ticks, options.BackoffBase.Ticks * Math.Pow(2, retry - 1));
        return new TimeSpan((long)(longest * Random.Shared.NextDouble()));
    }

    private Instant Now() => Instant.Origin + clock.GetElapsedTime(_origin);

    private static string Name(Uri node) => node.GetLeftPart(UriPartial.Authority);

    private static string Innermost(Exception e) => e.GetBaseException().Message.TrimEnd('.');
}
