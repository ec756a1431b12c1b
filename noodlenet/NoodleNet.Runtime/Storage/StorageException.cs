namespace NoodleNet.Runtime.Storage;

/// <summary>A folder or file that Noodle cannot use; the message is one sentence with the way out.</summary>
public sealed class StorageException : Exception
{
    public StorageException(string message)
        : base(message)
    {
    }

    public StorageException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
