using Ahr.Importers.Onnx.Proto;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>One call of a function of the model's own: its attributes, and which calls it stands in.</summary>
internal sealed class CallFrame(FunctionProto function, CallFrame? outer)
{
    private readonly Dictionary<string, AttributeProto> _attributes = new(StringComparer.Ordinal);

    public FunctionProto Function { get; } = function;

    public CallFrame? Outer { get; } = outer;

    public void Set(string name, AttributeProto value) => _attributes[name] = value;

    /// <summary>The value of an attribute of the call; null when it is not given and has no default.</summary>
    public AttributeProto? Find(string name) => _attributes.GetValueOrDefault(name);

    /// <summary>True when a call of this function stands in a call of the same function.</summary>
    public bool IsRecursive()
    {
        for (CallFrame? frame = Outer; frame is not null; frame = frame.Outer)
        {
            if (frame.Function == Function)
            {
                return true;
            }
        }

        return false;
    }
}
