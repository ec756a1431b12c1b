using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Verification;

/// <summary>Checks each field of one function against the tables, without following its ways.</summary>
internal sealed class FunctionFields(NbcProgram program, NbcFunction function, List<ProgramFault> faults)
{
    private const long MaxArenaBytes = 1L << 46;
    private static readonly int s_resourceKinds = Enum.GetValues<ResourceKind>().Length;

    public void Check()
    {
        CheckShape();
        for (int i = 0; i < function.Instructions.Length && faults.Count < NbcVerifier.MaxFaults; i++)
        {
            CheckInstruction(i, function.Instructions[i]);
        }
    }

    private void CheckShape()
    {
        int registers = function.Registers.Length;
        if (function.Parameters.Concat(function.Results).Any(each => (uint)each >= (uint)registers))
        {
            Add(FaultKind.WrongIndex, -1, $"a parameter or result is none of the {registers} registers");
        }

        if (function.Parameters.Distinct().Count() != function.Parameters.Length)
        {
            Add(FaultKind.WrongOperand, -1, "two parameters share a register");
        }

        if (function.ScalarParameters.Concat(function.ScalarResults).Any(each => each > ScalarKind.Text))
        {
            Add(FaultKind.WrongType, -1, "a scalar parameter or result is of no kind");
        }

        if (function.LocalCount < function.ScalarParameters.Length || function.LocalCount > NbcFunction.MaxLocals)
        {
            Add(FaultKind.WrongSize, -1,
                $"{function.LocalCount} locals for {function.ScalarParameters.Length} scalar " +
                $"parameters; at most {NbcFunction.MaxLocals}");
        }

        if (function.Locations.Length != 0 && function.Locations.Length != function.Instructions.Length)
        {
            Add(FaultKind.WrongSize, -1, $"{function.Locations.Length} places for {function.Instructions.Length} " +
                "instructions");
        }
        else if (function.Locations.Any(each => each < -1 || each >= program.Names.Length))
        {
            Add(FaultKind.WrongIndex, -1, "a place in the source is no name");
        }

        CheckRegisters();
    }

    private void CheckRegisters()
    {
        if (function.ArenaBytes is < 0 or > MaxArenaBytes)
        {
            Add(FaultKind.WrongSize, -1, $"an arena of {function.ArenaBytes} bytes");
        }

        for (int i = 0; i < function.Registers.Length; i++)
        {
            NbcRegister register = function.Registers[i];
            if (NbcVerifier.FaultOf(register.Type) is { } fault)
            {
                Add(FaultKind.WrongType, -1, $"r{i}: {fault}");
            }

            bool isWhole = register.IsPlanned
                ? register.ArenaOffset % TensorMemory.Alignment == 0 && register.ArenaBytes >= 0 &&
                    register.ArenaOffset <= function.ArenaBytes - register.ArenaBytes
                : register is { ArenaOffset: -1, ArenaBytes: 0 };
            if (!isWhole)
            {
                Add(FaultKind.WrongPlan, -1,
                    $"r{i} at {register.ArenaOffset} with {register.ArenaBytes} bytes is not " +
                    $"in an arena of {function.ArenaBytes}, in steps of {TensorMemory.Alignment}");
            }
        }
    }

    private void CheckInstruction(int at, in NbcInstruction code)
    {
        if (InstructionTable.Find(code.Opcode) is not { } descriptor)
        {
            Add(FaultKind.UnknownOpcode, at, $"0x{code.Opcode:X4}");
            return;
        }

        if (descriptor.Format == NbcFormat.Values)
        {
            CheckValues(at, code, descriptor);
            return;
        }

        (FaultKind kind, int count, string what) = descriptor.Format switch
        {
            NbcFormat.Scalar => (FaultKind.WrongIndex, program.Scalars.Length, "scalar"),
            NbcFormat.Global => (FaultKind.WrongIndex, program.Globals.Length, "global"),
            NbcFormat.Target => (FaultKind.WrongTarget, function.Instructions.Length, "instruction"),
            NbcFormat.Name or NbcFormat.Frame => (FaultKind.WrongIndex, program.Names.Length, "name"),
            NbcFormat.Resource => (FaultKind.WrongIndex, s_resourceKinds, "resource"),
            NbcFormat.Local => (FaultKind.WrongIndex, NbcFunction.MaxLocals, "local"),
            _ => (FaultKind.WrongIndex, int.MaxValue, "number"),
        };
        int least = descriptor.Format == NbcFormat.Number ? 1 : 0;
        if (code.A < least || (descriptor.Format != NbcFormat.Plain && code.A >= count))
        {
            Add(kind, at, $"{descriptor.Mnemonic}: there is no {what} {code.A}");
        }

        bool isFrame = descriptor.Format == NbcFormat.Frame;
        if ((isFrame ? code.B is < 0 or > NbcFunction.MaxLocals : code.B != 0) || code.C != 0 || code.D != 0 ||
            (descriptor.Format == NbcFormat.Plain && code.A != 0))
        {
            Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic} has fields that it does not use");
        }
    }

    private void CheckValues(int at, in NbcInstruction code, InstructionDescriptor descriptor)
    {
        if (code.A < 0 || code.B < 0 || code.C < 0 || (long)code.A + code.B + code.C > function.Operands.Length)
        {
            Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic}: its operands are not among the function's");
            return;
        }

        if (code.B < descriptor.MinInputs || code.B > descriptor.MaxInputs || code.C < descriptor.MinOutputs ||
            code.C > descriptor.MaxOutputs)
        {
            Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic} takes {Range(descriptor.MinInputs,
                descriptor.MaxInputs)} inputs and {Range(descriptor.MinOutputs, descriptor.MaxOutputs)} outputs, not " +
                $"{code.B} and {code.C}");
            return;
        }

        KernelDescriptor? kernel = code.IsKernel ? KernelTable.Find(code.Opcode) : null;
        ReadOnlySpan<int> inputs = function.InputsOf(code);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (!IsLegalInput(inputs[i], descriptor, kernel, i))
            {
                Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic}: input {i} may not be {Text(inputs[i])}");
            }
        }

        CheckOutputs(at, descriptor, function.OutputsOf(code));
        CheckDetail(at, code, descriptor, kernel);
    }

    private bool IsLegalInput(int operand, InstructionDescriptor descriptor, KernelDescriptor? kernel, int index)
    {
        if (operand == NbcOperand.Absent)
        {
            return kernel is not null && index < kernel.Inputs.Length && kernel.Inputs[index].EndsWith('?');
        }

        return NbcOperand.IsRegister(operand) ? operand < function.Registers.Length
            : descriptor.TakesConstants && NbcOperand.ConstantIndex(operand) < program.Constants.Length;
    }

    private void CheckOutputs(int at, InstructionDescriptor descriptor, ReadOnlySpan<int> outputs)
    {
        HashSet<int> seen = [];
        foreach (int output in outputs)
        {
            if (output < NbcOperand.Absent || output >= function.Registers.Length)
            {
                Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic}: {Text(output)} is no output");
            }
            else if (output >= 0 && !seen.Add(output))
            {
                Add(FaultKind.WrongOperand, at, $"{descriptor.Mnemonic}: {Text(output)} is an output twice");
            }
        }
    }

    private void CheckDetail(int at, in NbcInstruction code, InstructionDescriptor descriptor, KernelDescriptor? kernel)
    {
        int detail = code.D;
        switch (descriptor.Detail)
        {
            case NbcDetail.Attributes when kernel is not null && detail >= -1 && detail < program.Attributes.Length:
                CheckAttributes(at, kernel, detail < 0 ? KernelAttributes.None : program.Attributes[detail]);
                return;
            case NbcDetail.Function when (uint)detail < (uint)program.Functions.Length:
                NbcFunction callee = program.Functions[detail];
                if (code.B != callee.Parameters.Length || code.C != callee.Results.Length)
                {
                    Add(FaultKind.WrongOperand, at,
                        $"{callee.Name} takes {callee.Parameters.Length} inputs and gives " +
                        $"{callee.Results.Length} outputs, not {code.B} and {code.C}");
                }

                return;
            case NbcDetail.Name when (uint)detail < (uint)program.Names.Length:
            case NbcDetail.None when detail == NbcInstruction.NoDetail:
            case NbcDetail.ElementType when ElementTypes.TextOf((ElementType)detail) != "undefined":
            case NbcDetail.ScalarKind when detail is >= (int)ScalarKind.Int and <= (int)ScalarKind.Text:
                return;
            default:
                Add(FaultKind.WrongIndex, at, $"{descriptor.Mnemonic}: {detail} is no {descriptor.Detail}");
                return;
        }
    }

    private void CheckAttributes(int at, KernelDescriptor kernel, KernelAttributes attributes)
    {
        foreach ((string name, AttributeValue value) in attributes.All)
        {
            AttributeSpec? spec = kernel.FindAttribute(name);
            if (spec is null)
            {
                Add(FaultKind.WrongAttribute, at, $"{kernel.Mnemonic} has no attribute {name}");
            }
            else if (spec.Kind != value.Kind)
            {
                Add(FaultKind.WrongAttribute, at, $"{kernel.Mnemonic}: {name} is {spec.Kind}, not {value.Kind}");
            }
        }

        foreach (AttributeSpec spec in kernel.Attributes)
        {
            if (spec.IsRequired && !attributes.Has(spec.Name))
            {
                Add(FaultKind.WrongAttribute, at, $"{kernel.Mnemonic} needs the attribute {spec.Name}");
            }
        }
    }

    private static string Range(int least, int most) =>
        least == most ? $"{least}" : most == int.MaxValue ? $"{least} or more" : $"{least} to {most}";

    private static string Text(int operand) => NbcOperand.IsRegister(operand) ? $"r{operand}"
        : operand == NbcOperand.Absent ? "absent" : $"constant {NbcOperand.ConstantIndex(operand)}";

    private void Add(FaultKind kind, int at, string detail) =>
        faults.Add(new ProgramFault(kind, function.Name, at, detail));
}
