using System.Text;
using Ahr.Runtime;
using Nbc.Tensors;
using Noodle.Serving.Protocol;

namespace Noodle.Serving.Wire;

/// <summary>An answer ready to be sent: its JSON, and the tensors that follow it as they are.</summary>
internal sealed class EncodedAnswer(int maxJsonBytes) : IDisposable
{
    private readonly PooledWriter _json = new(maxJsonBytes);

    public ReadOnlyMemory<byte> Json => _json.Written;

    /// <summary>Data of the binary outputs, in order; not copied.</summary>
    public List<ReadOnlyMemory<byte>> Tensors { get; } = [];

    /// <summary>Bytes of all <see cref="Tensors"/>; 0 means that the answer is JSON alone.</summary>
    public long TensorBytes { get; private set; }

    /// <summary>Writes the JSON and collects the tensors; null when the answer is whole.</summary>
    /// <param name="raw">The request was raw: every output is binary.</param>
    public Refusal? Encode(DeployedModel model, InferHead head, TensorSet outputs, bool raw)
    {
        _json.Write("{\"model_name\":"u8);
        _json.WriteString(model.Name);
        _json.Write(",\"model_version\":\""u8);
        _json.Write(model.Version);
        _json.Write("\""u8);
        if (!head.Id.IsEmpty)
        {
            _json.Write(",\"id\":\""u8);
            _json.Write(head.Id.Span); // as it came, escapes and all
            _json.Write("\""u8);
        }

        _json.Write(",\"outputs\":["u8);
        for (int i = 0; i < outputs.Tensors.Count; i++)
        {
            Tensor tensor = outputs.Tensors[i];
            _json.Write(i == 0 ? default : ","u8);
            string? fault = tensor.TryValidate(out string? bad)
                ? Encode(tensor, raw || head.WantsBinary(tensor.Name))
                : $"came back malformed: {bad}";
            if (fault is not null)
            {
                return new Refusal(
                    bad is null ? RequestFault.Invalid : RequestFault.Failed,
                    $"output '{PlainText.Clean(tensor.Name)}' {fault}");
            }
        }

        _json.Write("]}"u8);
        return _json.Overflowed
            ? Refusal.Invalid($"the result is more than {maxJsonBytes} bytes of JSON; use the binary data format")
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private string? Encode(Tensor tensor, bool binary)
    {
        _json.Write("{\"name\":"u8);
        _json.WriteString(tensor.Name);
        _json.Write(",\"datatype\":\""u8);
        Span<byte> datatype = stackalloc byte[16];
        _json.Write(datatype[..Encoding.ASCII.GetBytes(ElementTypes.NameOf(tensor.Type), datatype)]);
        _json.Write("\",\"shape\":"u8);
        WriteShape(_json, tensor.Shape);
        string? fault = null;
        if (binary)
        {
            _json.Write(",\"parameters\":{\"binary_data_size\":"u8);
            _json.Write(tensor.Data.Length);
            _json.Write("}}"u8);
            Tensors.Add(tensor.Data);
            TensorBytes += tensor.Data.Length;
        }
        else
        {
            _json.Write(",\"data\":"u8);
            fault = TensorText.Write(_json, tensor);
            _json.Write("}"u8);
        }

        return fault;
    }

    internal static void WriteShape(PooledWriter json, IReadOnlyList<long> shape)
    {
        json.Write("["u8);
        for (int i = 0; i < shape.Count; i++)
        {
            json.Write(i == 0 ? default : ","u8);
            json.Write(shape[i]);
        }

        json.Write("]"u8);
    }
}
