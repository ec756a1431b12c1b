using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace NoodleNet.Runtime.Storage;

/// <summary>The few calls of the operating system that .NET has no class for.</summary>
internal static class UnixCalls
{
    private const int CurrentFolder = -100;
    private const int UidWanted = 0x8;
    private const int StatxBytes = 256;
    private const int UidOffset = 0x14;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int FileExists = 17;

    /// <summary>Who owns a file, links followed; null where that cannot be asked.</summary>
    public static uint? OwnerOf(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // The layout of statx is the same on every processor, unlike that of stat.
        byte[] buffer = new byte[StatxBytes];
        return statx(CurrentFolder, Text(path), 0, UidWanted, buffer) == 0
            ? BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(UidOffset))
            : null;
    }

    /// <summary>The user whose rights this process has.</summary>
    public static uint EffectiveUser() => geteuid();

    /// <summary>Gives a file a second name; false when that name is taken.</summary>
    /// <exception cref="IOException">The file system refuses for another reason.</exception>
    public static bool TryLink(string path, string newPath)
    {
        if (link(Text(path), Text(newPath)) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    /// <summary>Makes a rename in a folder survive a power failure; where that is impossible, does nothing.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int handle = open(Text(folder), ReadOnlyCloseOnExec);
        if (handle >= 0)
        {
            _ = fsync(handle);
            _ = close(handle);
        }
    }

    private static byte[] Text(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

#pragma warning disable IDE1006, SYSLIB1054 // the names are libc's; all arguments are blittable as they are
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, byte[] buffer);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int link(byte[] path, byte[] newPath);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int handle);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int handle);
#pragma warning restore IDE1006, SYSLIB1054
}
