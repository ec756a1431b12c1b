namespace Noodle.Cli.Inputs;

/// <summary>What the first bytes of an input say it is.</summary>
internal enum InputKind
{
    /// <summary>Nothing that can be read.</summary>
    Unknown,

    /// <summary>NumPy's array file.</summary>
    Npy,

    Json,

    /// <summary>PNG, JPEG or BMP.</summary>
    Image,
}

/// <summary>The whole of one input as bytes.</summary>
/// <remarks>Bound: 1 GiB.</remarks>
internal sealed record InputSource(string Label, ReadOnlyMemory<byte> Bytes)
{
    public const int MaxBytes = 1 << 30;

    /// <summary>Told by the first bytes, whatever the file is called.</summary>
    public InputKind Kind
    {
        get
        {
            ReadOnlySpan<byte> start = Bytes.Span[..Math.Min(Bytes.Length, 256)];
            if (start is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..])
            {
                return InputKind.Npy;
            }

            if (start is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [0xFF, 0xD8, 0xFF, ..]
                or [(byte)'B', (byte)'M', ..])
            {
                return InputKind.Image;
            }

            ReadOnlySpan<byte> text = start.TrimStart("\uFEFF \t\r\n"u8);
            return text is [(byte)'[' or (byte)'{' or (byte)'"' or (byte)'-' or (byte)'t' or (byte)'f', ..]
                or [>= (byte)'0' and <= (byte)'9', ..] ? InputKind.Json : InputKind.Unknown;
        }
    }

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    /// <exception cref="InputException">It is not there, not readable or too large.</exception>
    public static async Task<InputSource> ReadAsync(string path, InputOptions options, CancellationToken cancellation)
    {
        if (path == "-")
        {
            return new("standard input", await ReadAsync("standard input", options.StandardInput(), cancellation)
                .ConfigureAwait(false));
        }

        string label = $"'{path}'";
        if (path.Length == 0 || Directory.Exists(path))
        {
            throw new InputException($"{label} is not a file; give the path of a .npy, JSON or image file.");
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, useAsync: true);
            return new(label, await ReadAsync(label, file, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"There is no file {label}; check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{label} may not be read by you; check its permissions.", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{label} cannot be read ({e.Message.TrimEnd('.')}); check the file.", e);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(
        string label, Stream stream, CancellationToken cancellation)
    {
        // Pipes have no length: begin small and double.
        byte[] buffer = new byte[stream.CanSeek ? Math.Min(stream.Length, MaxBytes) + 1 : 64 * 1024];
        int length = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length > MaxBytes)
            {
                throw new InputException($"{label} is larger than 1 GiB; call the model from a program instead.");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(length * 2L, MaxBytes + 1L));
            }
        }
    }
}
