using System.Text.Json;
using System.Text.Unicode;

namespace Noodle.Serving.Wire;

/// <summary>Reads the JSON part of an infer request.</summary>
internal static class HeadReader
{
    private const long MaxTimeoutMicroseconds = long.MaxValue / TimeSpan.TicksPerMicrosecond;

    /// <param name="fault">What is wrong, in one sentence; null when nothing is.</param>
    public static bool TryRead(ReadOnlyMemory<byte> json, out InferHead head, out string? fault)
    {
        head = new InferHead();
        fault = Read(json, head);
        return fault is null;
    }

    private static string? Read(ReadOnlyMemory<byte> json, InferHead head)
    {
        if (json.IsEmpty)
        {
            return "the request has no body; send a JSON object with \"inputs\"";
        }

        if (!Utf8.IsValid(json.Span))
        {
            return "the JSON of the request is not UTF-8";
        }

        var walk = new JsonWalk(json.Span);
        if (!walk.Read() || walk.Token != JsonTokenType.StartObject)
        {
            walk.Fail("the request is not a JSON object");
            return walk.Fault;
        }

        ReadRequest(ref walk, json, head);
        walk.Read(); // fails when anything follows the object
        return walk.Fault;
    }

    private static void ReadRequest(ref JsonWalk walk, ReadOnlyMemory<byte> json, InferHead head)
    {
        bool hasId = false, hasParameters = false, hasInputs = false, hasOutputs = false;
        while (walk.ReadMember())
        {
            if (walk.Is("id"u8))
            {
                Once(ref walk, ref hasId, "id", "the request");
                ReadId(ref walk, json, head);
            }
            else if (walk.Is("parameters"u8))
            {
                Once(ref walk, ref hasParameters, "parameters", "the request");
                ReadParameters(ref walk, head);
            }
            else if (walk.Is("inputs"u8))
            {
                Once(ref walk, ref hasInputs, "inputs", "the request");
                ReadInputs(ref walk, head);
            }
            else if (walk.Is("outputs"u8))
            {
                Once(ref walk, ref hasOutputs, "outputs", "the request");
                ReadOutputs(ref walk, head);
            }
            else
            {
                walk.Skip(); // members that the protocol does not know are allowed
            }
        }

        if (walk.Fault is null && !hasInputs)
        {
            walk.Fail("the request has no \"inputs\"");
        }
    }

    private static void ReadId(ref JsonWalk walk, ReadOnlyMemory<byte> json, InferHead head)
    {
        if (walk.Read() && walk.Token != JsonTokenType.String)
        {
            walk.Fail("\"id\" is not a string");
        }
        else if (walk.Fault is null && walk.TryGetText(out _))
        {
            head.Id = json.Slice(walk.RawStart, walk.Raw.Length);
        }
    }

    private static void ReadParameters(ref JsonWalk walk, InferHead head)
    {
        StartObject(ref walk, "\"parameters\"");
        while (walk.ReadMember())
        {
            if (walk.Is("timeout"u8))
            {
                if (walk.Read() && walk.TryGetInteger(out long value) && value is >= 0 and <= MaxTimeoutMicroseconds)
                {
                    // Zero is Triton's word for "no wish".
                    head.Timeout = value == 0 ? null : TimeSpan.FromMicroseconds(value);
                }
                else
                {
                    walk.Fail("parameter 'timeout' is not a whole number of microseconds");
                }
            }
            else if (walk.Is("binary_data_output"u8))
            {
                head.BinaryOutputs = ReadBool(ref walk, "parameter 'binary_data_output'");
            }
            else
            {
                SkipParameter(ref walk);
            }
        }
    }

    private static void ReadInputs(ref JsonWalk walk, InferHead head)
    {
        StartArray(ref walk, "\"inputs\"");
        while (walk.ReadElement())
        {
            if (walk.Token != JsonTokenType.StartObject)
            {
                walk.Fail($"input {head.Inputs.Count} is not an object");
            }
            else if (head.Inputs.Count == InferHead.MaxTensors)
            {
                walk.Fail($"the request has more than {InferHead.MaxTensors} inputs");
            }
            else
            {
                new InputReader($"input {head.Inputs.Count}").Read(ref walk, head.Inputs);
            }
        }
    }

    private static void ReadOutputs(ref JsonWalk walk, InferHead head)
    {
        StartArray(ref walk, "\"outputs\"");
        while (walk.ReadElement())
        {
            if (walk.Token != JsonTokenType.StartObject)
            {
                walk.Fail($"output {head.Outputs.Count} is not an object");
            }
            else if (head.Outputs.Count == InferHead.MaxTensors)
            {
                walk.Fail($"the request has more than {InferHead.MaxTensors} outputs");
            }
            else
            {
                ReadOutput(ref walk, head.Outputs);
            }
        }
    }

    private static void ReadOutput(ref JsonWalk walk, List<OutputHead> outputs)
    {
        string what = $"output {outputs.Count}";
        string? name = null;
        bool? binary = null;
        while (walk.ReadMember())
        {
            if (walk.Is("name"u8))
            {
                name = ReadText(ref walk, what, "name");
            }
            else if (walk.Is("parameters"u8))
            {
                StartObject(ref walk, $"\"parameters\" of {what}");
                while (walk.ReadMember())
                {
                    if (walk.Is("binary_data"u8))
                    {
                        binary = ReadBool(ref walk, $"parameter 'binary_data' of {what}");
                    }
                    else if (walk.Is("classification"u8) || IsSharedMemory(ref walk))
                    {
                        walk.TryGetText(out string parameter);
                        walk.Fail($"parameter '{parameter}' of {what} is not supported");
                    }
                    else
                    {
                        SkipParameter(ref walk);
                    }
                }
            }
            else
            {
                walk.Skip();
            }
        }

        if (walk.Fault is null && string.IsNullOrEmpty(name))
        {
            walk.Fail($"{what} has no name");
        }
        else if (walk.Fault is null &&
            outputs.Exists(other => string.Equals(other.Name, name, StringComparison.Ordinal)))
        {
            walk.Fail($"output '{PlainText.Clean(name!)}' already exists in request");
        }

        outputs.Add(new OutputHead(name ?? "", binary));
    }

    internal static bool IsSharedMemory(ref JsonWalk walk) =>
        walk.Is("shared_memory_region"u8) || walk.Is("shared_memory_offset"u8) || walk.Is("shared_memory_byte_size"u8);

    internal static void Once(ref JsonWalk walk, ref bool seen, string member, string owner)
    {
        if (seen)
        {
            walk.Fail($"\"{member}\" of {owner} appears twice");
        }

        seen = true;
    }

    internal static void StartObject(ref JsonWalk walk, string what)
    {
        if (walk.Read() && walk.Token != JsonTokenType.StartObject)
        {
            walk.Fail($"{what} is not an object");
        }
    }

    internal static void StartArray(ref JsonWalk walk, string what)
    {
        if (walk.Read() && walk.Token != JsonTokenType.StartArray)
        {
            walk.Fail($"{what} is not an array");
        }
    }

    internal static string? ReadText(ref JsonWalk walk, string owner, string member)
    {
        if (walk.Read() && walk.Token == JsonTokenType.String)
        {
            return walk.TryGetText(out string text) ? text : null;
        }

        walk.Fail($"\"{member}\" of {owner} is not a string");
        return null;
    }

    /// <summary>A parameter that means nothing here must still be a string, a number or a boolean.</summary>
    internal static void SkipParameter(ref JsonWalk walk)
    {
        walk.TryGetText(out string name);
        if (walk.Read() && walk.Token is not
            (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False))
        {
            walk.Fail($"parameter '{PlainText.Clean(name)}' is not a string, a number or a boolean");
        }
    }

    private static bool ReadBool(ref JsonWalk walk, string what)
    {
        if (walk.Read() && walk.Token is not (JsonTokenType.True or JsonTokenType.False))
        {
            walk.Fail($"{what} is not true or false");
        }

        return walk.Fault is null && walk.Token == JsonTokenType.True;
    }
}
