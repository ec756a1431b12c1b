using System.Runtime.InteropServices;
using System.Text;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Memory;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>Instructions of the machine itself that read and write registers.</summary>
internal sealed class ValueUnit(StackManager stack, RegisterFile registers, MachineContext context)
{
    private const int MaxRank = NbcType.MaxRank;

    public void Run(LoadedInstruction instruction, int first, FrameArena? arena)
    {
        switch ((NbcOpcode)instruction.Code.Opcode)
        {
            case NbcOpcode.TensorDestroy:
                foreach (int register in instruction.Inputs)
                {
                    registers.Set(first + register, null);
                }

                break;
            case NbcOpcode.Move:
                Move(instruction, first);
                break;
            default:
                context.Begin(instruction, first, arena);
                RunTensor((NbcOpcode)instruction.Code.Opcode, instruction.Code.D);
                break;
        }
    }

    /// <summary>A value for another register: taken over when it dies here, else shared.</summary>
    public NbcValue? Hand(LoadedInstruction instruction, int input, int first)
    {
        if (instruction.Dies[input])
        {
            return registers.Take(first + instruction.Inputs[input]);
        }

        context.Begin(instruction, first, null);
        return registers.Share(context.Value(input));
    }

    private void Move(LoadedInstruction instruction, int first)
    {
        NbcValue? value = Hand(instruction, 0, first);
        if (instruction.Outputs[0] >= 0)
        {
            registers.Set(first + instruction.Outputs[0], value);
        }
        else
        {
            registers.Drop(value);
        }
    }

    private void RunTensor(NbcOpcode opcode, int detail)
    {
        switch (opcode)
        {
            case NbcOpcode.TensorCreate:
                Create((ElementType)detail);
                break;
            case NbcOpcode.ScalarToTensor:
                FromScalar((ElementType)detail, stack.Pop());
                break;
            case NbcOpcode.TensorToScalar:
                stack.Push(TensorScalars.Read(context.Input(0), (ScalarKind)detail));
                break;
            case NbcOpcode.TensorRank:
                stack.Push((long)context.Input(0).Rank);
                break;
            default:
                long axis = stack.Pop().Int;
                TensorValue tensor = context.Input(0);
                if (!Shapes.TryNormalizeAxis(axis, tensor.Rank, out int normal))
                {
                    throw new NbcException(NbcErrorCode.OutOfRange, $"{tensor} has no axis {axis}");
                }

                stack.Push(tensor.Shape[normal]);
                break;
        }
    }

    private unsafe void Create(ElementType type)
    {
        TensorValue shape = context.Input(0);
        if (shape.Type != ElementType.Int64 || shape.Rank != 1 || shape.Count > MaxRank)
        {
            throw new KernelException(KernelFault.WrongShape, $"a shape is si64 [n], n to {MaxRank}, not {shape}");
        }

        Span<long> sizes = stackalloc long[MaxRank];
        shape.Span<long>().CopyTo(sizes);
        TensorValue made = context.Output(0, type, sizes[..shape.Count]);
        if (type != ElementType.String)
        {
            NativeMemory.Clear(made.Pointer, (nuint)made.ByteCount);
        }

        context.Commit();
    }

    private void FromScalar(ElementType type, NbcScalar scalar)
    {
        TensorValue made = context.Output(0, type, []);
        if (type == ElementType.String)
        {
            made.Strings[0] = Encoding.UTF8.GetBytes(scalar.ToString());
        }
        else
        {
            TensorScalars.Write(made, scalar);
        }

        context.Commit();
    }
}
