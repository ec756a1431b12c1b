namespace Noodle.Bench.Link;

/// <summary>One way to talk to a server in this process over loopback.</summary>
internal interface ILinkSubject : IAsyncDisposable
{
    /// <summary>What the report calls it, such as <c>noodle</c>.</summary>
    string Name { get; }

    /// <summary>Sends the message and gets it back.</summary>
    /// <exception cref="InvalidOperationException">Something else came back.</exception>
    ValueTask RoundTripAsync(CancellationToken cancellation);

    /// <summary>Sends a tensor that the server takes into memory whole, and gets its last bytes back.</summary>
    /// <exception cref="InvalidOperationException">Something else came back.</exception>
    ValueTask SendTensorAsync(CancellationToken cancellation);
}

/// <summary>What is sent, the same for every subject, and the check of what comes back.</summary>
internal sealed class LinkPayload
{
    /// <summary>Bytes of the tensor that its receiver sends back.</summary>
    public const int TailBytes = 8;

    public LinkPayload(int messageBytes, int tensorBytes)
    {
        (Message, Tensor) = (new byte[messageBytes], new byte[tensorBytes]);
        var chance = new Primitives.Prng(1);
        foreach (byte[] bytes in (byte[][])[Message, Tensor])
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)chance.Next(256);
            }
        }
    }

    public byte[] Message { get; }

    public byte[] Tensor { get; }

    public void CheckEcho(ReadOnlySpan<byte> answer) => Check(answer, Message);

    public void CheckTaken(ReadOnlySpan<byte> answer) => Check(answer, Tensor.AsSpan()[^TailBytes..]);

    private static void Check(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> expected)
    {
        if (!answer.SequenceEqual(expected))
        {
            throw new InvalidOperationException($"{answer.Length} bytes came back that are not the ones expected");
        }
    }
}
