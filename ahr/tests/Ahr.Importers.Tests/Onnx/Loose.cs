using Ahr.Importers.Onnx;
using Ahr.Ntir.Ops;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Options of most tests.</summary>
internal static class Loose
{
    public static readonly OnnxImportOptions Options = new() { FindOperation = OpTable.Find };
}
