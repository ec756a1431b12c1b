using System.Buffers.Binary;
using System.Text;
using Noodle.Primitives;

namespace NoodleNet.Link;

/// <summary>What a peer allows, from its HELLO.</summary>
/// <param name="Version">The highest version that both speak.</param>
/// <param name="MaxStreams">Streams we may have open at once.</param>
/// <param name="StreamWindow">Credit of each new stream, in bytes.</param>
/// <param name="ConnectionWindow">Credit of the connection at its start, in bytes.</param>
public readonly record struct LinkSettings(int Version, int MaxStreams, int StreamWindow, int ConnectionWindow);

/// <summary>HELLO: who speaks, in which versions, and what it allows.</summary>
/// <remarks><code>
/// lowest version u16 | highest version u16 | length of node id u16 | node id | { setting u16 | length u16 | value }
/// settings: 1 MaxStreams u32, 2 StreamWindow u32, 3 ConnectionWindow u32; unknown ones are skipped.
/// </code></remarks>
public static class LinkHello
{
    /// <summary>The protocol version written here, and the oldest that is understood.</summary>
    public const int Version = 1;

    private const int SettingSize = 8;

    /// <summary>Writes the payload and returns its length.</summary>
    public static int Write(Span<byte> destination, NodeId node, LinkLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        BinaryPrimitives.WriteUInt16BigEndian(destination, Version);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Version);
        int name = Encoding.UTF8.GetBytes(node.ToString(), destination[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)name);
        int at = 6 + name;
        at += WriteSetting(destination[at..], 1, limits.MaxStreams);
        at += WriteSetting(destination[at..], 2, limits.StreamWindow);
        return at + WriteSetting(destination[at..], 3, limits.ConnectionWindow);
    }

    /// <summary>Length of what <see cref="Write"/> writes.</summary>
    public static int GetLength(NodeId node) => 6 + Encoding.UTF8.GetByteCount(node.ToString()) + (3 * SettingSize);

    /// <summary>Reads a payload.</summary>
    public static LinkFault Read(ReadOnlySpan<byte> source, out NodeId node, out LinkSettings settings)
    {
        settings = new LinkSettings(Version, 1, 16 << 10, 64 << 10);
        node = default;
        if (source.Length < 6)
        {
            return LinkFault.MalformedFrame;
        }

        int lowest = BinaryPrimitives.ReadUInt16BigEndian(source);
        int highest = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        int name = BinaryPrimitives.ReadUInt16BigEndian(source[4..]);
        source = source[6..];
        if (name > source.Length || lowest > highest
            || !NodeId.TryParse(Encoding.UTF8.GetString(source[..name]), out node))
        {
            return LinkFault.MalformedFrame;
        }

        if (lowest > Version || highest < Version)
        {
            return LinkFault.VersionMismatch;
        }

        return ReadSettings(source[name..], ref settings);
    }

    private static LinkFault ReadSettings(ReadOnlySpan<byte> source, ref LinkSettings settings)
    {
        while (!source.IsEmpty)
        {
            if (source.Length < 4 || BinaryPrimitives.ReadUInt16BigEndian(source[2..]) is var length
                && length > source.Length - 4)
            {
                return LinkFault.MalformedFrame;
            }

            int setting = BinaryPrimitives.ReadUInt16BigEndian(source);
            if (setting is >= 1 and <= 3)
            {
                if (length != 4 || BinaryPrimitives.ReadInt32BigEndian(source[4..]) is var value && value <= 0)
                {
                    return LinkFault.MalformedFrame;
                }

                settings = setting switch
                {
                    1 => settings with { MaxStreams = value },
                    2 => settings with { StreamWindow = value },
                    _ => settings with { ConnectionWindow = value },
                };
            }

            source = source[(4 + length)..];
        }

        return LinkFault.None;
    }

    private static int WriteSetting(Span<byte> destination, ushort setting, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, setting);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], 4);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], value);
        return SettingSize;
    }
}
