using MessagePack;

namespace NoodleNet.Discovery.Wire;

/// <summary>Fields of the maps that memberlist and Serf send: the key, then the value.</summary>
internal static class MsgpackFields
{
    public static void WriteNumber(ref MessagePackWriter writer, string key, ulong value)
    {
        writer.Write(key);
        writer.Write(value);
    }

    public static void WriteText(ref MessagePackWriter writer, string key, string value)
    {
        writer.Write(key);
        writer.Write(value);
    }

    public static void WriteFlag(ref MessagePackWriter writer, string key, bool value)
    {
        writer.Write(key);
        writer.Write(value);
    }

    public static void WriteBytes(ref MessagePackWriter writer, string key, ReadOnlySpan<byte> value)
    {
        writer.Write(key);
        writer.Write(value);
    }
}
