using System.Runtime.InteropServices;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>One view of one member: 20 bytes without a reference, so that a million of them cost the collector nothing.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct MemberRow
{
    public long SinceNanoseconds;
    public int Identity;
    public uint Incarnation;
    private byte _state;

    public MemberState State
    {
        readonly get => (MemberState)_state;
        set => _state = (byte)value;
    }

    public Instant Since
    {
        readonly get => new(SinceNanoseconds);
        set => SinceNanoseconds = value.Nanoseconds;
    }

    public readonly bool IsGone => State is MemberState.Dead or MemberState.Left;
}
