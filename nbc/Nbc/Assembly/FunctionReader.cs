using System.Globalization;
using System.Runtime.InteropServices;
using Nbc.Instructions;
using Noodle.Primitives;

namespace Nbc.Assembly;

/// <summary>Reads one function.</summary>
internal sealed class FunctionReader(
    TokenReader tokens, TensorTextReader tensors, NbcProgramBuilder program, ProgramNames names)
{
    /// <summary>Registers that a text may ask for by one number.</summary>
    private const int MaxRegisters = 1 << 20;
    private readonly Dictionary<string, NbcLabel> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Token> _unmarked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _marked = new(StringComparer.Ordinal);
    private NbcFunctionBuilder _function = null!;
    private int _registers;
    private int _declared;

    public void Read()
    {
        _function = names.Functions[tokens.Name("the name of a function")];
        _function.Parameters = tokens.List(Register, "(", ")");
        _function.ScalarParameters = tokens.IsAt("(") ? tokens.List(Kind, "(", ")") : [];
        tokens.Expect("->");
        _function.Results = tokens.List(Register, "(", ")");
        _function.ScalarResults = tokens.IsAt("(") ? tokens.List(Kind, "(", ")") : [];
        tokens.Expect("{");
        for (tokens.SkipLines(); !tokens.TryTake("}"); tokens.SkipLines())
        {
            ReadLine();
        }

        DeclareRegisters(_registers);
        foreach (Token at in _unmarked.Values)
        {
            throw tokens.FaultAt(at, "a label of this function");
        }
    }

    private void ReadLine()
    {
        int before = tokens.Position;
        Token at = tokens.Next;
        string word = tokens.Word("an instruction, a label or }");
        if (tokens.TryTake(":"))
        {
            ReadDeclaration(at, word);
            return;
        }

        if (word is "registers" or "locals" or "arena")
        {
            long value = tokens.Int(0, word == "arena" ? long.MaxValue : MaxRegisters, $"a number of {word}");
            if (word == "registers")
            {
                DeclareRegisters((int)value);
            }
            else if (word == "locals")
            {
                _function.LocalCount = (int)value;
            }
            else
            {
                _function.ArenaBytes = value;
            }

            tokens.ExpectLineEnd();
            return;
        }

        InstructionDescriptor descriptor = InstructionTable.Find(word) ?? throw tokens.FaultAt(at, "an instruction");
        tokens.Position = before + 1;
        ReadInstruction(descriptor);
        tokens.ExpectLineEnd();
    }

    // r2 : f32 [2] at 0 size 64, or a label.
    private void ReadDeclaration(Token at, string word)
    {
        if (TryRegister(word, out int register))
        {
            NbcType type = tensors.Type();
            NbcRegister info = new(type);
            if (tokens.TryTake("at"))
            {
                long offset = tokens.Int(0, what: "an offset");
                tokens.Expect("size");
                info = new NbcRegister(type, offset, tokens.Int(0, what: "a size"));
            }

            DeclareRegisters(register + 1);
            _function.SetRegister(register, info);
            tokens.ExpectLineEnd();
            return;
        }

        NbcLabel label = Label(word);
        _unmarked.Remove(word);
        if (!_marked.Add(word))
        {
            throw tokens.FaultAt(at, "a label that is not there yet");
        }

        _function.Mark(label);
    }

    private void ReadInstruction(InstructionDescriptor descriptor)
    {
        NbcOpcode opcode = (NbcOpcode)descriptor.Opcode;
        switch (descriptor.Format)
        {
            case NbcFormat.Plain:
                Emit(new NbcInstruction(opcode));
                break;
            case NbcFormat.Scalar:
                Emit(new NbcInstruction(opcode, program.AddScalar(tokens.Scalar())));
                break;
            case NbcFormat.Local:
                Emit(new NbcInstruction(opcode, tokens.Count("a local")));
                break;
            case NbcFormat.Number:
                Emit(new NbcInstruction(opcode, tokens.Count("a number")));
                break;
            case NbcFormat.Global:
                Emit(new NbcInstruction(opcode, Known(names.Globals, "the name of a global")));
                break;
            case NbcFormat.Target:
                Token at = tokens.Next;
                string word = tokens.Word("a label");
                NbcLabel label = Label(word);
                if (!_marked.Contains(word))
                {
                    _unmarked.TryAdd(word, at);
                }

                _function.Jump(opcode, label, Location());
                break;
            case NbcFormat.Name:
                Emit(new NbcInstruction(opcode, program.AddName(tokens.Text("a text"))));
                break;
            case NbcFormat.Frame:
                int name = program.AddName(tokens.Text("the name of the frame"));
                Emit(new NbcInstruction(opcode, name, tokens.Count("a number of locals")));
                break;
            case NbcFormat.Resource:
                Token resource = tokens.Expect(TokenKind.Word, "a resource");
                Emit(new NbcInstruction(opcode, Enum.TryParse(tokens.SpanOf(resource), true, out ResourceKind kind)
                    ? (int)kind
                    : throw tokens.FaultAt(resource, "memory, threads, sockets or files")));
                break;
            default:
                ReadValues(descriptor);
                break;
        }
    }

    private void ReadValues(InstructionDescriptor descriptor)
    {
        int detail = descriptor.Detail switch
        {
            NbcDetail.Function => KnownFunction(),
            NbcDetail.Name => program.AddName(tokens.Text("a text")),
            NbcDetail.ElementType => (int)tensors.Element(),
            NbcDetail.ScalarKind => (int)Kind(),
            _ => NbcInstruction.NoDetail,
        };
        List<int> outputs = [];
        List<int> inputs = Operands();
        if (tokens.TryTake("="))
        {
            (outputs, inputs) = (inputs, Operands());
        }

        if (descriptor.Detail == NbcDetail.Attributes && tokens.IsAt("{"))
        {
            detail = program.AddAttributes(tensors.Attributes());
        }

        _function.Values(descriptor.Opcode, CollectionsMarshal.AsSpan(inputs),
            CollectionsMarshal.AsSpan(outputs), detail, Location());
    }

    private List<int> Operands()
    {
        List<int> operands = [];
        if (tokens.IsAt(TokenKind.Word) && !tokens.IsAt("loc") || tokens.IsAt("@"))
        {
            do
            {
                operands.Add(Operand());
            }
            while (tokens.TryTake(","));
        }

        return operands;
    }

    private int Operand()
    {
        if (tokens.TryTake("@"))
        {
            return Known(names.Constants, "the name of a constant");
        }

        return tokens.TryTake("_") ? NbcOperand.Absent : Register();
    }

    private int KnownFunction()
    {
        Token at = tokens.Next;
        return names.Functions.TryGetValue(tokens.Name("the name of a function"), out NbcFunctionBuilder? function)
            ? function.Index
            : throw tokens.FaultAt(at, "the name of a function");
    }

    private int Known(Dictionary<string, int> known, string what)
    {
        Token at = tokens.Next;
        return known.TryGetValue(tokens.Name(what), out int index) ? index : throw tokens.FaultAt(at, what);
    }

    private int Register()
    {
        Token token = tokens.Expect(TokenKind.Word, "a register");
        if (!TryRegister(tokens.SpanOf(token), out int register))
        {
            throw tokens.FaultAt(token, "a register");
        }

        _registers = Math.Max(_registers, register + 1);
        return register;
    }

    private ScalarKind Kind()
    {
        Token token = tokens.Expect(TokenKind.Word, "a kind of scalar");
        return Enum.TryParse(tokens.SpanOf(token), true, out ScalarKind kind) && kind <= ScalarKind.Text
            ? kind
            : throw tokens.FaultAt(token, "int, float, bool, text or null");
    }

    private NbcLabel Label(string word)
    {
        if (!_labels.TryGetValue(word, out NbcLabel label))
        {
            label = _function.NewLabel();
            _labels.Add(word, label);
        }

        return label;
    }

    private string? Location() => tokens.TryTake("loc") ? tokens.Text("a place in quotes") : null;

    private void Emit(NbcInstruction instruction) => _function.Emit(instruction, Location());

    private void DeclareRegisters(int count)
    {
        while (_declared < count)
        {
            _declared++;
            _function.AddRegister(NbcType.Any);
        }
    }

    private static bool TryRegister(ReadOnlySpan<char> word, out int register)
    {
        register = 0;
        return word is ['r', .. var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture,
            out register) && register < MaxRegisters;
    }
}
