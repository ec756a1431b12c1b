namespace Nbc.Instructions;

/// <summary>One instruction; what its fields mean is said by the format of its descriptor.</summary>
/// <param name="Opcode">An <see cref="NbcOpcode"/>, or the opcode of a kernel.</param>
/// <param name="A">Format Values: where its operands begin in <see cref="NbcFunction.Operands"/>, first the inputs,
/// then the outputs.</param>
/// <param name="B">Format Values: inputs.</param>
/// <param name="C">Format Values: outputs.</param>
/// <param name="D">Format Values: the detail, such as the attributes of a kernel.</param>
public readonly record struct NbcInstruction(ushort Opcode, int A = 0, int B = 0, int C = 0, int D = 0)
{
    /// <summary>A detail that is not given.</summary>
    public const int NoDetail = -1;

    public NbcInstruction(NbcOpcode opcode, int a = 0, int b = 0, int c = 0, int d = 0)
        : this((ushort)opcode, a, b, c, d)
    {
    }

    /// <summary>True for an operation of a kernel.</summary>
    public bool IsKernel => Opcode >= InstructionTable.FirstKernel;
}

/// <summary>How an operand of an instruction is written as a number.</summary>
/// <remarks>0 and above: a register. -1: absent; as an output: not wanted. -2 and below: a constant.</remarks>
public static class NbcOperand
{
    /// <summary>An operand that is not given, or a result that nobody reads.</summary>
    public const int Absent = -1;

    private const int FirstConstant = -2;

    /// <summary>The constant with this index in <see cref="NbcProgram.Constants"/>.</summary>
    public static int Constant(int index) => FirstConstant - index;

    public static bool IsRegister(int operand) => operand >= 0;

    public static bool IsConstant(int operand) => operand <= FirstConstant;

    /// <summary>The index that <see cref="Constant"/> was given.</summary>
    public static int ConstantIndex(int operand) => FirstConstant - operand;
}
