using Ahr.Runtime;
using Nbc.Tensors;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>Compares a request with the model's inputs and outputs, before any data is touched.</summary>
internal static class ModelCheck
{
    /// <summary>Null when the request fits.</summary>
    public static Refusal? Check(DeployedModel model, InferHead head)
    {
        foreach (InputHead input in head.Inputs)
        {
            TensorSpec? spec = Find(model.Inputs, input.Name);
            if (spec is null)
            {
                return Refusal.Invalid($"model '{model.Name}' has no input '{PlainText.Clean(input.Name)}'; " +
                    $"it takes {Join(model.Inputs)}");
            }

            if (!spec.Accepts(input.Type, input.Shape))
            {
                return Refusal.Invalid($"input '{spec.Name}' of model '{model.Name}' takes {Describe(spec)}, " +
                    $"got {ElementTypes.NameOf(input.Type)} [{string.Join(", ", input.Shape)}]");
            }
        }

        if (head.Inputs.Count < model.Inputs.Count)
        {
            foreach (TensorSpec spec in model.Inputs)
            {
                if (!head.Inputs.Exists(input => string.Equals(input.Name, spec.Name, StringComparison.Ordinal)))
                {
                    return Refusal.Invalid(
                        $"input '{spec.Name}' of model '{model.Name}' is missing; it takes {Describe(spec)}");
                }
            }
        }

        foreach (OutputHead output in head.Outputs)
        {
            if (Find(model.Outputs, output.Name) is null)
            {
                return Refusal.Invalid($"model '{model.Name}' has no output '{PlainText.Clean(output.Name)}'; " +
                    $"it gives {Join(model.Outputs)}");
            }
        }

        return null;
    }

    private static TensorSpec? Find(IReadOnlyList<TensorSpec> specs, string name)
    {
        foreach (TensorSpec spec in specs)
        {
            if (string.Equals(spec.Name, name, StringComparison.Ordinal))
            {
                return spec;
            }
        }

        return null;
    }

    private static string Describe(TensorSpec spec) =>
        $"{ElementTypes.NameOf(spec.Type)} [{string.Join(", ", spec.Dimensions)}]";

    private static string Join(IReadOnlyList<TensorSpec> specs) =>
        specs.Count == 0 ? "none" : string.Join("; ", specs);
}
