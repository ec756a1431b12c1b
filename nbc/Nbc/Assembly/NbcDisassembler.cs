using System.Globalization;
using System.Text;
using Nbc.Instructions;
using Noodle.Primitives;

namespace Nbc.Assembly;

/// <summary>Writes the text form of a program that the verifier passes.</summary>
/// <remarks>Reading it gives a program of the same meaning, and the same text again. What is not named by any
/// instruction (scalars, names, attributes) is left out.</remarks>
public sealed class NbcDisassembler
{
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;
    private readonly NbcProgram _program;
    private readonly StringBuilder _text = new();
    private readonly TensorTextWriter _tensors;

    private NbcDisassembler(NbcProgram program)
    {
        _program = program;
        _tensors = new TensorTextWriter(_text);
    }

    public static string Disassemble(NbcProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        NbcDisassembler writer = new(program);
        writer.WriteHead();
        foreach (NbcFunction function in program.Functions)
        {
            writer.WriteFunction(function);
        }

        return writer._text.ToString();
    }

    private void WriteHead()
    {
        _text.Append(s_plain, $"nbc {NbcAssembler.Version}\n");
        foreach ((string key, string value) in _program.Metadata)
        {
            _text.Append(s_plain, $"meta {Quoted.Text(key)} = {Quoted.Text(value)}\n");
        }

        foreach (NbcPort port in _program.Inputs)
        {
            _text.Append(s_plain, $"input {Quoted.Name(port.Name)} : {port.Type}\n");
        }

        foreach (NbcPort port in _program.Outputs)
        {
            _text.Append(s_plain, $"output {Quoted.Name(port.Name)} : {port.Type}\n");
        }

        foreach (NbcGlobal global in _program.Globals)
        {
            _text.Append(s_plain, $"global {Quoted.Name(global.Name)} = {TensorTextWriter.Scalar(global.Initial)}\n");
        }

        foreach (NbcConstant constant in _program.Constants)
        {
            _text.Append(s_plain, $"const {Quoted.Name(constant.Name)}");
            if (constant.Value is { } value)
            {
                _text.Append(" = ");
                _tensors.Tensor(value);
            }
            else
            {
                _text.Append(s_plain, $" : {NbcType.Tensor(constant.Type, constant.Shape)} blob ")
                    .Append(s_plain, $"{Quoted.Text(constant.Blob!)} at {constant.BlobOffset}");
            }

            _text.Append('\n');
        }

        _text.Append(s_plain, $"entry {Quoted.Name(_program.Functions[_program.Entry].Name)}\n");
    }

    private void WriteFunction(NbcFunction function)
    {
        _text.Append(s_plain, $"\nfunc {Quoted.Name(function.Name)} ({Registers(function.Parameters)})")
            .Append(Kinds(function.ScalarParameters))
            .Append(s_plain, $" -> ({Registers(function.Results)})")
            .Append(Kinds(function.ScalarResults))
            .Append(" {\n");
        if (function.Registers.Length > 0)
        {
            _text.Append(s_plain, $"    registers {function.Registers.Length}\n");
        }

        if (function.LocalCount > 0)
        {
            _text.Append(s_plain, $"    locals {function.LocalCount}\n");
        }

        if (function.ArenaBytes > 0)
        {
            _text.Append(s_plain, $"    arena {function.ArenaBytes}\n");
        }

        for (int i = 0; i < function.Registers.Length; i++)
        {
            NbcRegister register = function.Registers[i];
            if (register != new NbcRegister(NbcType.Any))
            {
                string plan = register.IsPlanned ? $" at {register.ArenaOffset} size {register.ArenaBytes}" : "";
                _text.Append(s_plain, $"    r{i} : {register.Type}{plan}\n");
            }
        }

        WriteCode(function);
        _text.Append("}\n");
    }

    private void WriteCode(NbcFunction function)
    {
        SortedSet<int> targets = [.. function.Instructions
            .Where(code => InstructionTable.Find(code.Opcode)!.Format == NbcFormat.Target).Select(code => code.A)];
        for (int i = 0; i < function.Instructions.Length; i++)
        {
            if (targets.Contains(i))
            {
                _text.Append(s_plain, $"  L{i}:\n");
            }

            _text.Append("    ");
            WriteInstruction(function, function.Instructions[i]);
            if (_program.LocationOf(function, i) is { } location)
            {
                _text.Append(" loc ").Append(Quoted.Text(location));
            }

            _text.Append('\n');
        }
    }

    private void WriteInstruction(NbcFunction function, NbcInstruction code)
    {
        InstructionDescriptor descriptor = InstructionTable.Find(code.Opcode)!;
        _text.Append(descriptor.Mnemonic);
        _ = descriptor.Format switch
        {
            NbcFormat.Plain => _text,
            NbcFormat.Scalar => _text.Append(' ').Append(TensorTextWriter.Scalar(_program.Scalars[code.A])),
            NbcFormat.Global => _text.Append(' ').Append(Quoted.Name(_program.Globals[code.A].Name)),
            NbcFormat.Target => _text.Append(s_plain, $" L{code.A}"),
            NbcFormat.Name => _text.Append(' ').Append(Quoted.Text(_program.Names[code.A])),
            NbcFormat.Frame => _text.Append(s_plain, $" {Quoted.Text(_program.Names[code.A])} {code.B}"),
            NbcFormat.Resource => _text.Append(' ').Append(((ResourceKind)code.A).ToString().ToLowerInvariant()),
            NbcFormat.Values => WriteValues(function, code, descriptor),
            _ => _text.Append(s_plain, $" {code.A}"),
        };
    }

    private StringBuilder WriteValues(NbcFunction function, NbcInstruction code, InstructionDescriptor descriptor)
    {
        _text.Append(descriptor.Detail switch
        {
            NbcDetail.Function => " " + Quoted.Name(_program.Functions[code.D].Name),
            NbcDetail.Name => " " + Quoted.Text(_program.Names[code.D]),
            NbcDetail.ElementType => " " + Tensors.ElementTypes.TextOf((Tensors.ElementType)code.D),
            NbcDetail.ScalarKind => " " + ((ScalarKind)code.D).ToString().ToLowerInvariant(),
            _ => "",
        });
        if (code.C > 0)
        {
            _text.Append(' ').AppendJoin(", ", function.OutputsOf(code).ToArray().Select(Operand)).Append(" =");
        }

        if (code.B > 0)
        {
            _text.Append(' ').AppendJoin(", ", function.InputsOf(code).ToArray().Select(Operand));
        }

        if (descriptor.Detail == NbcDetail.Attributes && code.D >= 0)
        {
            _text.Append(' ');
            _tensors.Attributes(_program.Attributes[code.D]);
        }

        return _text;
    }

    private string Operand(int operand) => NbcOperand.IsRegister(operand) ? string.Create(s_plain, $"r{operand}")
        : operand == NbcOperand.Absent ? "_"
        : "@" + Quoted.Name(_program.Constants[NbcOperand.ConstantIndex(operand)].Name);

    private static string Registers(IEnumerable<int> registers) =>
        string.Join(", ", registers.Select(register => string.Create(s_plain, $"r{register}")));

    private static string Kinds(IReadOnlyCollection<ScalarKind> kinds) => kinds.Count == 0 ? ""
        : $" ({string.Join(", ", kinds.Select(kind => kind.ToString().ToLowerInvariant()))})";
}
