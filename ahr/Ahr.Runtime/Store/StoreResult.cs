namespace Ahr.Runtime;

/// <summary>Why the store does not have what was asked of it.</summary>
public enum StoreFault
{
    /// <summary>It does.</summary>
    None,

    /// <summary>The text is not 64 lower-case hexadecimal digits.</summary>
    NotADigest,

    /// <summary>No such model here.</summary>
    Missing,

    /// <summary>The content has another digest than was promised.</summary>
    DigestMismatch,

    /// <summary>The content, or all of the store with it, is larger than allowed.</summary>
    TooLarge,

    /// <summary>The disk, or the source of the content, failed.</summary>
    Unreadable,
}

/// <summary>What became of a step in the store.</summary>
/// <param name="Message">One sentence that names the thing and the way out; empty on success.</param>
/// <param name="Digest">Of the content, when it is known; else empty.</param>
/// <param name="SizeBytes">Of the content, when it is known.</param>
public readonly record struct StoreResult(StoreFault Fault, string Message, string Digest, long SizeBytes)
{
    internal static StoreResult Stored(string digest, long sizeBytes) => new(StoreFault.None, "", digest, sizeBytes);

    public static StoreResult Failed(StoreFault fault, string message) => new(fault, message, "", 0);
}
