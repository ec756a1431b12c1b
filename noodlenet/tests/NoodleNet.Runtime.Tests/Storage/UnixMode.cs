namespace NoodleNet.Runtime.Tests.Storage;

/// <summary>Modes of files, for tests that are skipped where there are none.</summary>
internal static class UnixMode
{
    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    public static void SkipWithout() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no Unix modes");

#pragma warning disable CA1416 // guarded by SkipWithout
    public static UnixFileMode Of(string path) => File.GetUnixFileMode(path);

    public static void Set(string path, UnixFileMode mode) => File.SetUnixFileMode(path, mode);
#pragma warning restore CA1416
}
