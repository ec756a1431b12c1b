using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Memory;
using Nbc.Runtime.Tracing;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Tests.Machine;

public sealed class MachineContextTests
{
    private readonly MemoryBudget _budget = new(null);
    private readonly BlockPool _pool;
    private readonly RegisterFile _registers;
    private readonly RunClock _clock = new(TimeProvider.System);
    private readonly MachineContext _context;

    public MachineContextTests()
    {
        _pool = new BlockPool(_budget);
        _registers = new RegisterFile(_budget);
        _context = new MachineContext(
            _budget, _pool, _registers, [NbcConstant.Of("c", Programs.Floats(9, 9)).Value!], _clock);
        _registers.Open(6);
    }

    [Fact]
    public unsafe void A_result_lies_on_an_operand_that_dies_here_and_is_nobody_elses()
    {
        TensorValue operand = Made(0, 4);
        byte* place = operand.Pointer;
        Begin([0], [1], dies: true);
        Assert.True(_context.OutputOver(0, 0, ElementType.Int32, 2, 2).Pointer == place);
        _context.Abandon();
        Begin([0], [1], dies: false);
        Assert.False(_context.OutputOver(0, 0, ElementType.Float32, 4).Pointer == place);
        _context.Abandon();
        Begin([0], [1], dies: true);
        Assert.False(_context.OutputOver(0, 0, ElementType.Float32, 3).Pointer == place); // another size
        _context.Abandon();
        _registers.Set(2, _registers.Share(operand));
        Begin([0], [1], dies: true);
        Assert.False(_context.OutputOver(0, 0, ElementType.Float32, 4).Pointer == place); // r2 sees it too
        _context.Abandon();
        Begin([NbcOperand.Constant(0)], [1], dies: true);
        Assert.False(_context.OutputOver(0, 0, ElementType.Float32, 2).Pointer == place); // a constant
        Assert.False(_context.OutputOver(0, 5, ElementType.Float32, 2).Pointer == place); // no such operand
        _context.Commit();
        Assert.Equal(2, Assert.IsType<TensorValue>(_registers[1]).Count);
    }

    [Fact]
    public void Views_show_operands_and_refuse_what_is_outside()
    {
        Made(0, 4).Span<float>()[3] = 7;
        _registers.Set(1, TensorValue.FromStrings([[1], [2], [3]], 3));
        Begin([0, 1], [2, 3, 4]);
        _context.View(0, 0, 2, 2);
        _context.ViewPart(1, 0, 2, 2);
        _context.ViewPart(2, 1, 1, 2);
        Assert.Equal(KernelFault.WrongShape, Assert.Throws<KernelException>(() => _context.View(0, 0, 5)).Fault);
        Assert.Equal(KernelFault.OutOfRange, Assert.Throws<KernelException>(() => _context.ViewPart(0, 0, 3, 2)).Fault);
        Assert.Equal(KernelFault.OutOfRange, Assert.Throws<KernelException>(
            () => _context.ViewPart(0, 0, -1, 1)).Fault);
        _context.Commit();
        Assert.Equal([0f, 7], Programs.Elements(_registers[3]));
        Assert.Equal([[2], [3]], Assert.IsType<TensorValue>(_registers[4]).Strings);
    }

    [Fact]
    public void A_given_operand_is_shared_and_results_that_nobody_names_are_let_go()
    {
        TensorValue operand = Made(0, 4);
        Begin([0], [1, NbcOperand.Absent]);
        Assert.True(_context.Wants(0));
        Assert.False(_context.Wants(1) || _context.Wants(2));
        _context.Give(0, operand);
        _context.Give(1, Programs.Floats(1));
        _context.Give(2, Programs.Floats(1));
        _context.Output(0, ElementType.String, 2);
        _context.Give(0, operand);
        _context.Commit();
        Assert.NotSame(operand, _registers[1]);
        Assert.Equal(4, Assert.IsType<TensorValue>(_registers[1]).Count);
    }

    [Fact]
    public void A_kernel_that_makes_no_result_is_at_fault()
    {
        Begin([], [1]);
        Assert.Equal(NbcErrorCode.KernelFailed, Assert.Throws<NbcException>(_context.Commit).Error.Code);
    }

    [Fact]
    public void Shapes_that_are_none_and_memory_that_is_not_there_are_refused()
    {
        Begin([], [1]);
        Assert.Throws<KernelException>(() => _context.Output(0, ElementType.Float32, -1));
        Assert.Throws<KernelException>(() => _context.Output(0, ElementType.Int8, 1L << 31));
        _budget.Limit = 1000;
        Assert.Throws<KernelException>(() => _context.Output(0, ElementType.String, 1000));
        Assert.Throws<KernelException>(() => _context.Output(0, ElementType.Int8, 2000));
        Assert.Throws<KernelException>(() => _context.Scratch(2000).Length);
    }

    [Fact]
    public void The_clock_and_the_caller_end_long_kernels()
    {
        _context.ThrowIfCancelled();
        using CancellationTokenSource source = new();
        _clock.Start(TimeSpan.MaxValue, null, source.Token);
        _context.ThrowIfCancelled();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(_context.ThrowIfCancelled);
        _context.Seed(5);
        Assert.NotEqual(_context.NextSeed(), _context.NextSeed());
    }

    [Fact]
    public unsafe void A_program_works_in_place_where_an_operand_dies()
    {
        Places places = new();
        using NbcModel model = Programs.Load("""
            input x : f32 [4]
            output y : f32 [4]
            func main (r0) -> (r3) {
                TENSOR_ADD r1 = r0, r0
                TENSOR_RELU r2 = r1
                TENSOR_DESTROY r1
                TENSOR_NEG r2 = r2
                TENSOR_MUL r3 = r2, r2
                TENSOR_DESTROY r2
                RET
            }
            """);
        NbcValue?[] outputs = [null];
        model.Run([Programs.Floats(1, -2, 3, 4)], outputs, new NbcRun { Observer = places }, CancellationToken.None);
        Assert.Equal([4f, 0, 36, 64], Programs.Elements(outputs[0]));
        Assert.Equal(places.Of[0], places.Of[1]);
        Assert.Equal(places.Of[1], places.Of[2]);
        Assert.NotEqual(places.Of[2], places.Of[3]);
    }

    private TensorValue Made(int register, params long[] shape)
    {
        Begin([], [register]);
        _context.Output(0, ElementType.Float32, shape).Span<float>().Clear();
        _context.Commit();
        return Assert.IsType<TensorValue>(_registers[register]);
    }

    private void Begin(int[] inputs, int[] outputs, bool dies = false) => _context.Begin(new LoadedInstruction
    {
        Code = new NbcInstruction(NbcOpcode.Move),
        Descriptor = InstructionTable.Find((ushort)NbcOpcode.Move)!,
        Inputs = inputs,
        Outputs = outputs,
        Dies = Array.ConvertAll(inputs, _ => dies),
    }, 0, null);

    private sealed unsafe class Places : INbcObserver
    {
        public List<nint> Of { get; } = [];

        public void Executed(in NbcStep step)
        {
            if (step.Outputs is [TensorValue tensor, ..])
            {
                Of.Add((nint)tensor.Pointer);
            }
        }
    }
}
