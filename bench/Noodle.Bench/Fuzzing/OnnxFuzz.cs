using Ahr.Importers;
using Ahr.Importers.Onnx;

namespace Noodle.Bench.Fuzzing;

/// <summary>Model files from strangers: each ends in a module or in diagnostics.</summary>
internal static class OnnxFuzz
{
    // Small models with initialisers, control flow, functions, unknown operators and old versions, as base64.
    private static readonly string[] s_models =
    [
        "CAgSBXRlc3RzOqsCCiUKAXgKAXcSAWEiBENvbnYqFAoMa2VybmVsX3NoYXBlQgEBoAEHChwKAWESAWIiB1NvZnRtYXgqCwoEYXhp" +
        "cxgBoAECCiYKAWIKAAoBcxIBeSIGUmVzaXplKhEKBG1vZGUiBmxpbmVhcqABAwocCgF4EgF6EgAiBVNwbGl0KgsKBGF4aXMYAKAB" +
        "Ago6EgFrIghDb25zdGFudCorCgV2YWx1ZSofCgEDEAdKGAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAKABBBIBZyoNCgIDARAWQgF3" +
        "SgIhA1oJCgF4EgQKAggBWgkKAXMSBAoCCAFiCQoBeRIECgIIAWIJCgF6EgQKAggBeiQKCwoBARAJQgF2SgEBEhEKAQEQB0IASggB" +
        "AAAAAAAAABoCAgNCBAoAEAxCDgoKYWkub25ueC5tbBADQhEKDWNvbS5taWNyb3NvZnQQAQ==",
        "CAgSBXRlc3RzOoECClsKAWMSAXkiAklmKi0KC3RoZW5fYnJhbmNoMhsKCwoBeBIBdCIDTmVnEgFnYgkKAXQSBAoCCAGgAQUqIAoL" +
        "ZWxzZV9icmFuY2gyDhIBZ2IJCgF4EgQKAggBoAEFCmgKAW4KAAoBeRIBeiIETG9vcCpVCgRib2R5MkoKDgoBdgoBaRIBdyIDQWRk" +
        "EgFnWgkKAWkSBAoCCAFaCQoBaxIECgIIAVoJCgF2EgQKAggBYgkKAWsSBAoCCAFiCQoBdxIECgIIAaABBRIBZ1oJCgFjEgQKAggB" +
        "WgkKAXgSBAoCCAFaCQoBbhIECgIIAWIJCgF5EgQKAggBYgkKAXoSBAoCCAFCBAoAEBFCDgoKYWkub25ueC5tbBADQhEKDWNvbS5t" +
        "aWNyb3NvZnQQAQ==",
        "CAgSBXRlc3RzOpEBCicKAXgSAWEiAUYqDwoFYWxwaGEVAAAgQKABAToLY29tLmV4YW1wbGUKGAoBeBIBYiIDRm9vOgtjb20uZXhh" +
        "bXBsZQoLCgFiEgFkIgNBYnMKGwoBZAoBYRIBeSIDRm9vOgtjb20uZXhhbXBsZRIBZ1oJCgF4EgQKAggBYgkKAXkSBAoCCAFqCQoB" +
        "YRIECgIIAUIECgAQEUIOCgphaS5vbm54Lm1sEANCEQoNY29tLm1pY3Jvc29mdBABQg8KC2NvbS5leGFtcGxlEALKAUQKAUYiAWEq" +
        "AWIyBWFscGhhOiUKAWESAWIiCUxlYWt5UmVsdSoSCgVhbHBoYaABAaoBBWFscGhhUgtjb20uZXhhbXBsZQ==",
        "CAgSBXRlc3RzOp8BCi0KAWEKAWISAXkiA0FkZCoQCglicm9hZGNhc3QYAaABAioLCgRheGlzGAGgAQIKPwoBYRIBeiIIVXBzYW1w" +
        "bGUqFgoMaGVpZ2h0X3NjYWxlFQAAAECgAQEqFQoLd2lkdGhfc2NhbGUVAAAAQKABARIBZ1oJCgFhEgQKAggBWgkKAWISBAoCCAFi" +
        "CQoBeRIECgIIAWIJCgF6EgQKAggBQgQKABAGQg4KCmFpLm9ubngubWwQA0IRCg1jb20ubWljcm9zb2Z0EAE=",
    ];

    // Small bounds are met often.
    private static readonly OnnxImportOptions s_options = new()
    {
        AllowFallback = true,
        MaxNodes = 2_000,
        MaxMessages = 20_000,
        MaxExpandedBytes = 1 << 20,
    };

    public static FuzzTarget Model { get; } =
        new("onnx", [.. s_models.Select(Convert.FromBase64String)], Run);

    private static void Run(byte[] input)
    {
        ImportResult result = OnnxImporter.Import(input, NoModelFiles.Instance, s_options);
        if (result.Module is null == (result.Diagnostics.Count == 0))
        {
            throw new InvalidOperationException("neither a module nor a diagnostic, or both");
        }

        if (result.Diagnostics.Any(fault => fault.ToString().Any(char.IsControl)))
        {
            throw new InvalidOperationException("a message carries control characters");
        }
    }
}
