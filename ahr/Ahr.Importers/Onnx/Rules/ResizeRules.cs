using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir.Graph;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Upsample and the first Resize: both sample at the corner of the pixel and round down.</summary>
internal static class ResizeRules
{
    private const int Scales = 2;

    public static void Register(RuleSet rules)
    {
        rules.Becomes("Upsample", "resize");
        rules.Before(7, "Upsample", "height_scale and width_scale become scales", FromTwoScales);
        rules.Before(9, "Upsample", "scales become an operand", node =>
            node.SetOperand(1, Floats(node, node.TakeFloats("scales") ?? [])));
        rules.Always("Upsample", "resize from the corner of a pixel, rounded down", FromCorner);
        rules.Before(11, "Resize", "from the corner of a pixel, rounded down", FromCorner);
        rules.Always("Resize", "empty operands are absent", DropEmpty);
        rules.Before(16, "RoiAlign", "coordinates are output_half_pixel by default", node =>
            node.Default("coordinate_transformation_mode", "output_half_pixel"));
        rules.Before(20, "GridSample", "modes are renamed", GridSampleMode);
    }

    private static void FromTwoScales(NodeDraft node)
    {
        double height = node.TakeFloat("height_scale", 1);
        double width = node.TakeFloat("width_scale", 1);
        node.Attributes["scales"] = new double[] { 1, 1, height, width };
    }

    private static void FromCorner(NodeDraft node)
    {
        string mode = node.TakeText("mode", "nearest");
        NtirValue scales = node.Required(1);
        node.Operands.RemoveRange(1, node.Operands.Count - 1);
        node.SetOperand(Scales, scales);
        node.Attributes["mode"] = mode == "bilinear" ? "linear" : mode;
        node.Attributes["coordinate_transformation_mode"] = "asymmetric";
        node.Attributes["nearest_mode"] = "floor";
    }

    // Exporters write an empty tensor where they mean no operand.
    private static void DropEmpty(NodeDraft node)
    {
        for (int i = 1; i < node.Operands.Count; i++)
        {
            if (node.Operands[i] is { } operand && operand.TryGetConstant(out TensorValue? constant)
                && constant.Count == 0)
            {
                node.Operands[i] = null;
            }
        }
    }

    internal static void GridSampleMode(NodeDraft node)
    {
        string mode = node.TakeText("mode", "bilinear");
        node.Attributes["mode"] = mode switch
        {
            "bilinear" => "linear",
            "bicubic" => "cubic",
            _ => mode,
        };
    }

    private static NtirValue Floats(NodeDraft node, double[] values) => node.Constant(TensorValue.From<float>(
        ElementType.Float32, [.. values.Select(value => (float)value)], values.Length));
}
