using System.Diagnostics.CodeAnalysis;
using Nbc.Instructions;
using Nbc.Values;

namespace Nbc.Assembly;

/// <summary>Reads the text form of a program; docs/nbc.md describes it.</summary>
/// <remarks>It checks the form alone; what a program means is for the verifier. Bound: memory follows the length of the
/// text. Scalars, names and attributes come in the order in which the text first names them.</remarks>
public static class NbcAssembler
{
    /// <summary>The version that a text begins with.</summary>
    public const int Version = 1;

    public static bool TryAssemble(
        string text, [NotNullWhen(true)] out NbcProgram? program, [NotNullWhen(false)] out AssemblyFault? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            program = new ProgramReader(new TokenReader(text)).Read();
            fault = null;
            return true;
        }
        catch (AssemblyException wrong)
        {
            (program, fault) = (null, wrong.Fault);
            return false;
        }
    }
}

/// <summary>Reads what stands outside functions.</summary>
internal sealed class ProgramReader(TokenReader tokens)
{
    private readonly NbcProgramBuilder _builder = new();
    private readonly ProgramNames _names = new();
    private readonly TensorTextReader _tensors = new(tokens);
    private string? _entry;
    private Token _entryAt;

    public NbcProgram Read()
    {
        tokens.Start();
        FindFunctions();
        tokens.Position = 0;
        tokens.SkipLines();
        tokens.Expect("nbc");
        tokens.Int(NbcAssembler.Version, NbcAssembler.Version, $"version {NbcAssembler.Version}");
        tokens.ExpectLineEnd();
        for (tokens.SkipLines(); !tokens.IsAt(TokenKind.End); tokens.SkipLines())
        {
            ReadLine();
        }

        if (_entry is not null)
        {
            _builder.Entry = _names.Functions.TryGetValue(_entry, out NbcFunctionBuilder? entry)
                ? entry.Index
                : throw tokens.FaultAt(_entryAt, "the name of a function");
        }

        return _builder.Build();
    }

    // A call may stand before the function that it names.
    private void FindFunctions()
    {
        for (int depth = 0; !tokens.IsAt(TokenKind.End); tokens.Skip())
        {
            depth += tokens.IsAt("{") ? 1 : tokens.IsAt("}") ? -1 : 0;
            if (depth == 0 && tokens.TryTake("func"))
            {
                Token at = tokens.Next;
                string name = tokens.Name("the name of a function");
                if (!_names.Functions.TryAdd(name, _builder.AddFunction(name)))
                {
                    throw tokens.FaultAt(at, "a name that no function has");
                }

                tokens.Position--; // the loop goes on behind the name
            }
        }
    }

    private void ReadLine()
    {
        if (tokens.TryTake("func"))
        {
            new FunctionReader(tokens, _tensors, _builder, _names).Read();
        }
        else if (tokens.TryTake("const"))
        {
            ReadConstant();
        }
        else if (tokens.TryTake("global"))
        {
            Token at = tokens.Next;
            string name = tokens.Name("the name of a global");
            tokens.Expect("=");
            if (!_names.Globals.TryAdd(name, _builder.AddGlobal(name, tokens.Scalar())))
            {
                throw tokens.FaultAt(at, "a name that no global has");
            }
        }
        else if (tokens.IsAt("input") || tokens.IsAt("output"))
        {
            List<NbcPort> ports = tokens.TryTake("input") || !tokens.TryTake("output")
                ? _builder.Inputs : _builder.Outputs;
            string name = tokens.Name("the name of a port");
            tokens.Expect(":");
            ports.Add(new NbcPort(name, _tensors.Type()));
        }
        else if (tokens.TryTake("entry"))
        {
            _entryAt = tokens.Next;
            _entry = tokens.Name("the name of a function");
        }
        else if (tokens.TryTake("meta"))
        {
            string key = tokens.Text("a text");
            tokens.Expect("=");
            _builder.Metadata[key] = tokens.Text("a text");
        }
        else
        {
            throw tokens.Fault("func, const, global, input, output, entry or meta");
        }

        tokens.ExpectLineEnd();
    }

    private void ReadConstant()
    {
        Token at = tokens.Next;
        string name = tokens.Name("the name of a constant");
        NbcConstant constant;
        if (tokens.TryTake(":"))
        {
            Token typeAt = tokens.Next;
            NbcType type = _tensors.Type();
            if (type.Kind != NbcValueKind.Tensor || type.Dimensions is null || type.Dimensions.Any(size => size < 0) ||
                type.Element == Tensors.ElementType.String)
            {
                throw tokens.FaultAt(typeAt, "a tensor of numbers with all sizes");
            }

            tokens.Expect("blob");
            string blob = tokens.Text("the name of a blob");
            tokens.Expect("at");
            long offset = tokens.Int(0, what: "an offset");
            constant = NbcConstant.InBlob(name, type.Element, type.Dimensions, blob, offset);
        }
        else
        {
            tokens.Expect("=");
            TensorValue value = _tensors.Tensor();
            constant = NbcConstant.Of(name, value);
        }

        if (!_names.Constants.TryAdd(name, _builder.AddConstant(constant)))
        {
            throw tokens.FaultAt(at, "a name that no constant has");
        }
    }
}

/// <summary>What the names of a text stand for.</summary>
internal sealed class ProgramNames
{
    public Dictionary<string, NbcFunctionBuilder> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>As operands.</summary>
    public Dictionary<string, int> Constants { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> Globals { get; } = new(StringComparer.Ordinal);
}
