using System.Text;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>What an application may say; a breach is its mistake and throws before anything is sent.</summary>
internal static class LinkArguments
{
    public static void CheckHead(in LinkHead head)
    {
        ArgumentException.ThrowIfNullOrEmpty(head.Method);
        if (Encoding.UTF8.GetByteCount(head.Method) > LinkOpen.MaxMethod)
        {
            throw new ArgumentException($"The method name {head.Method} is longer than {LinkOpen.MaxMethod} bytes.",
                nameof(head));
        }

        if (head.Hops is < 0 or > byte.MaxValue)
        {
            throw new ArgumentException($"{head.Hops} hops: a call may have 0 to 255.", nameof(head));
        }

        if (head.TraceParent is { } trace && (trace.Length > LinkOpen.MaxTrace || !Ascii.IsValid(trace)))
        {
            throw new ArgumentException($"The trace context is not at most {LinkOpen.MaxTrace} ASCII characters.",
                nameof(head));
        }
    }

    public static void CheckHeader(in ReadOnlyMemory<byte> header)
    {
        if (header.Length > LinkFrame.MaxHeader)
        {
            throw new ArgumentException(
                $"The message header has {header.Length} bytes; {LinkFrame.MaxHeader} fit. Put the rest into the body.",
                nameof(header));
        }
    }
}
