using System.Buffers;
using MessagePack;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>What <c>serf keys</c> asks of every node.</summary>
public enum KeyOperation
{
    /// <summary>Take this key in, for opening only.</summary>
    Install,

    /// <summary>Seal with this key.</summary>
    Use,

    /// <summary>Drop this key.</summary>
    Remove,

    /// <summary>Tell all keys.</summary>
    List,
}

/// <summary>Questions about gossip keys and their answers, in Serf's form.</summary>
public static class KeyQuery
{
    private const string Prefix = "_serf_";

    /// <summary>Reads a question; false when it is not about keys. A key that cannot be read is empty.</summary>
    public static bool TryRead(string name, ReadOnlySpan<byte> payload, out KeyOperation operation, out byte[] key)
    {
        key = [];
        (operation, bool known) = name switch
        {
            Prefix + "install-key" => (KeyOperation.Install, true),
            Prefix + "use-key" => (KeyOperation.Use, true),
            Prefix + "remove-key" => (KeyOperation.Remove, true),
            Prefix + "list-keys" => (KeyOperation.List, true),
            _ => (default, false),
        };
        if (known && payload is [(byte)UserMessageType.KeyRequest, .. var body])
        {
            var reader = new MsgpackReader(body);
            for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
            {
                if (reader.ReadRaw().SequenceEqual("Key"u8))
                {
                    key = reader.ReadBytes();
                }
                else
                {
                    reader.Skip();
                }
            }

            key = reader.IsSound ? key : [];
        }

        return known;
    }

    /// <summary>An answer; <paramref name="keys"/> only for <see cref="KeyOperation.List"/>.</summary>
    public static byte[] EncodeAnswer(bool done, string message, IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw([(byte)UserMessageType.KeyResponse]);
        writer.WriteMapHeader(4);
        writer.Write("Result");
        writer.Write(done);
        writer.Write("Message");
        writer.Write(message);
        writer.Write("Keys");
        writer.WriteArrayHeader(keys.Count);
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            writer.Write(Convert.ToBase64String(key.Span));
        }

        writer.Write("PrimaryKey");
        writer.Write(keys.Count == 0 ? "" : Convert.ToBase64String(keys[0].Span));
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
