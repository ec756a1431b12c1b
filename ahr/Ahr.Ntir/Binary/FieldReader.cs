using System.Globalization;
using Nbc.Container;
using Nbc.Values;

namespace Ahr.Ntir.Binary;

/// <summary>Reads the fields of a module's sections, and says where and of what kind a fault is.</summary>
internal sealed class FieldReader(ForeignMemory memory) : SectionReader(memory)
{
    private NtirFault _kind = NtirFault.Malformed;

    /// <summary>Null while nothing is wrong.</summary>
    public Diagnostic? Diagnostic => Fault is { } detail
        ? new Diagnostic(_kind, string.Create(CultureInfo.InvariantCulture, $"byte {FaultAt}"), detail)
        : null;

    public void Fail(string detail, NtirFault kind)
    {
        _kind = Fault is null ? kind : _kind;
        Fail(detail);
    }

    /// <summary>A number below a limit; 0 after a fault.</summary>
    public int Below(long limit, string what)
    {
        ulong value = Unsigned();
        if (Fault is null && value >= (ulong)Math.Min(limit, int.MaxValue))
        {
            Fail($"there is no {what} {value}, only {limit}");
        }

        return Fault is null ? (int)value : 0;
    }
}
