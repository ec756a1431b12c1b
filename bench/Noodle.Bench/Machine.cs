using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Noodle.Bench;

/// <summary>What the numbers were measured on; a number without it says nothing.</summary>
internal static class Machine
{
    /// <summary>One line: system, architecture, cores, vector width, .NET, build.</summary>
    public static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, " +
        $"{Environment.ProcessorCount} cores, {VectorBits()}-bit vectors, " +
        $"{RuntimeInformation.FrameworkDescription}, {Build}");

#if DEBUG
    private static string Build => "debug build: the numbers mean nothing";
#else
    private static string Build => "release build";
#endif

    private static int VectorBits() =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
}
