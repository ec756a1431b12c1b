namespace NoodleNet.Simulation.State;

/// <summary>What a <see cref="ReplicaMachine"/> takes in.</summary>
public abstract record ReplicaInput
{
    private ReplicaInput()
    {
    }

    /// <summary>First of all inputs: begin to compare with the peers.</summary>
    public sealed record Start : ReplicaInput;

    /// <summary>Write a key here; null deletes it.</summary>
    public sealed record Write(string Key, ReadOnlyMemory<byte>? Value) : ReplicaInput;

    /// <summary>Bytes from a peer.</summary>
    public sealed record Message(ReadOnlyMemory<byte> Bytes, int From) : ReplicaInput;
}

/// <summary>What a <see cref="ReplicaMachine"/> wants sent.</summary>
public sealed record ReplicaSend(byte[] Bytes, int To);
