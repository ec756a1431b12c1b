using Ahr.Importers.Onnx;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>Runs cases on one engine and compares what it gives with what it should give.</summary>
public sealed class ConformanceRun(IConformanceSubject subject, Tolerance tolerance)
{
    /// <summary>Runs one case; nothing that the engine or the files do makes it throw.</summary>
    public ConformanceOutcome Run(ConformanceCase test)
    {
        ArgumentNullException.ThrowIfNull(test);
        try
        {
            using IConformanceModel model = subject.Load(test.ModelPath);
            foreach (ConformanceDataSet set in test.DataSets)
            {
                if (RunSet(model, set) is { } difference)
                {
                    return new ConformanceOutcome(test.Name, Verdict.Failed, $"{set.Name}: {difference}");
                }
            }

            return new ConformanceOutcome(
                test.Name, model.Signature.IsRandom ? Verdict.Random : Verdict.Passed, "");
        }
        catch (BackendException refused) when (refused.Fault == BackendFault.UnsupportedModel)
        {
            return new ConformanceOutcome(test.Name, Verdict.Refused, refused.Message);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            return new ConformanceOutcome(test.Name, Verdict.Failed, $"{broken.GetType().Name}: {broken.Message}");
        }
    }

    private string? RunSet(IConformanceModel model, ConformanceDataSet set)
    {
        ModelSignature signature = model.Signature;
        NbcValue?[] inputs = [.. set.Inputs.Select((path, i) => Read(path, signature.Inputs, i))];
        IReadOnlyList<NbcValue?> outputs = model.Run(inputs);
        if (outputs.Count < set.Outputs.Count)
        {
            return $"{outputs.Count} outputs came, {set.Outputs.Count} are expected";
        }

        for (int i = 0; i < set.Outputs.Count; i++)
        {
            if (set.Outputs[i] is not { } path)
            {
                continue;
            }

            NbcValue expected = OnnxTensors.Parse(
                File.ReadAllBytes(path), i < signature.Outputs.Count ? signature.Outputs[i] : NtirType.Unknown);
            string? difference = signature.IsRandom
                ? RandomOutputs.Difference(signature, outputs[i], expected, inputs)
                : ValueComparison.Difference(AsFile(outputs[i], expected), expected, tolerance);
            if (difference is not null)
            {
                return $"output {i}: {difference}";
            }
        }

        return null;
    }

    // Old test data keeps bfloat16 as plain 16-bit numbers, since numpy has no such type, and ONNX's own runner
    // compares those numbers within its tolerance: the data was cut off where the operator rounds.
    private static NbcValue? AsFile(NbcValue? actual, NbcValue expected)
    {
        if (actual is TensorValue { Type: ElementType.BFloat16 } tensor &&
            expected is TensorValue { Type: ElementType.UInt16 } bits)
        {
            Widen(tensor);
            Widen(bits);
        }

        return actual;
    }

    private static void Widen(TensorValue tensor)
    {
        float[] numbers = Array.ConvertAll(tensor.Bytes().ToArray().Chunk(2).ToArray(), pair =>
            (float)BitConverter.ToUInt16(pair));
        TensorValue wide = TensorValue.From<float>(ElementType.Float32, numbers, tensor.Shape);
        tensor.ResetView(wide, tensor.Shape);
    }

    internal static NbcValue? Read(string? path, IReadOnlyList<NtirType> types, int index)
    {
        if (path is null)
        {
            return null;
        }

        NtirType type = index < types.Count ? types[index] : NtirType.Unknown;
        NbcValue value = OnnxTensors.Parse(File.ReadAllBytes(path), type);
        if (type is TensorType { Element: ElementType.BFloat16 } &&
            value is TensorValue { Type: ElementType.UInt16 } bits)
        {
            bits.ResetView(bits, 0, ElementType.BFloat16, bits.Shape);
        }

        return value;
    }
}
