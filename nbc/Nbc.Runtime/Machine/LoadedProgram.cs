using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>Which part of the machine runs an instruction.</summary>
internal enum MachineUnit
{
    Control,
    Scalar,
    Value,
    Host,
    Kernel,
}

/// <summary>One instruction, ready to run; many machines share it.</summary>
internal sealed class LoadedInstruction
{
    private readonly MachineUnit _unit;

    public required NbcInstruction Code
    {
        get;
        init
        {
            field = value;
            _unit = UnitOf(value);
        }
    }

    public required InstructionDescriptor Descriptor { get; init; }

    public MachineUnit Unit => _unit;

    /// <summary>As <see cref="NbcOperand"/> says.</summary>
    public int[] Inputs { get; init; } = [];

    public int[] Outputs { get; init; } = [];

    /// <summary>For each input: its register is not read again before it is set, and this is its only place here.
    /// </summary>
    public bool[] Dies { get; init; } = [];

    /// <summary>Null for instructions of the machine itself.</summary>
    public Kernel? Kernel { get; init; }

    private static MachineUnit UnitOf(NbcInstruction code) => code.IsKernel ? MachineUnit.Kernel
        : (NbcOpcode)code.Opcode switch
        {
            NbcOpcode.Push => MachineUnit.Control,
            >= NbcOpcode.Pop and <= NbcOpcode.TextLength => MachineUnit.Scalar,
            >= NbcOpcode.TensorCreate and <= NbcOpcode.TensorDim => MachineUnit.Value,
            NbcOpcode.Print or (>= NbcOpcode.ResourceAlloc and <= NbcOpcode.ResourceQuery) or
                >= NbcOpcode.OnPlacement => MachineUnit.Host,
            _ => MachineUnit.Control,
        };
}

/// <summary>A function, ready to run.</summary>
internal sealed class LoadedFunction
{
    public required NbcFunction Source { get; init; }

    public required int Index { get; init; }

    public required LoadedInstruction[] Code { get; init; }

    /// <summary>For each register which result of the function it is, the first one; -1: none.</summary>
    public required int[] ResultOf { get; init; }
}

/// <summary>A verified program with a kernel for each operation; never changes after loading.</summary>
internal sealed class LoadedProgram
{
    private const string EngineCall = "engine_call";

    private readonly KernelFactory? _engines;

    private readonly bool _packs;

    private LoadedProgram(NbcProgram source, TensorValue[] constants, NbcLoadOptions options)
    {
        _engines = options.Engines;
        _packs = constants.Sum(constant => constant.ByteCount) <= options.MaxPackedBytes;
        Source = source;
        Constants = constants;
        Functions = new LoadedFunction[source.Functions.Length];
    }

    public NbcProgram Source { get; }

    public TensorValue[] Constants { get; }

    public LoadedFunction[] Functions { get; }

    /// <param name="source">Verified.</param>
    /// <exception cref="NbcException">A blob is missing or wrong, or a kernel refuses its attributes.</exception>
    public static LoadedProgram Load(NbcProgram source, NbcLoadOptions options)
    {
        LoadedProgram program = new(
            source, [.. source.Constants.Select(constant => Open(constant, options.Blobs))], options);
        for (int i = 0; i < program.Functions.Length; i++)
        {
            program.Functions[i] = program.LoadFunction(source.Functions[i], i);
        }

        return program;
    }

    private static unsafe TensorValue Open(NbcConstant constant, INbcBlobs? blobs)
    {
        if (constant.Value is { } here)
        {
            return here;
        }

        ForeignMemory memory = blobs?.Find(constant.Blob!) ?? throw new NbcException(
            NbcErrorCode.NoBlob, $"constant {constant.Name} lies in {constant.Blob}, which is not at hand");
        int size = ElementTypes.SizeOf(constant.Type);
        if (!Tensor.TryCount(constant.Shape, out long count) || count > int.MaxValue ||
            constant.BlobOffset > memory.Length - (count * size))
        {
            throw new NbcException(NbcErrorCode.WrongBlob,
                $"constant {constant.Name} at {constant.BlobOffset} ends behind its blob of {memory.Length} bytes");
        }

        if (((nint)memory.Pointer + constant.BlobOffset) % Math.Min(size, sizeof(long)) != 0)
        {
            throw new NbcException(
                NbcErrorCode.WrongBlob, $"constant {constant.Name} at {constant.BlobOffset} is not aligned");
        }

        TensorValue value = new();
        value.Reset(constant.Type, constant.Shape, memory, constant.BlobOffset);
        return value;
    }

    private LoadedFunction LoadFunction(NbcFunction function, int index)
    {
        LoadedInstruction[] code = new LoadedInstruction[function.Instructions.Length];
        HashSet<int> targets = [.. function.Instructions
            .Where(each => InstructionTable.Find(each.Opcode)!.Format == NbcFormat.Target).Select(each => each.A)];
        for (int i = 0; i < code.Length; i++)
        {
            try
            {
                code[i] = LoadInstruction(function, i, targets);
            }
            catch (KernelException refused)
            {
                throw new NbcException(new NbcError(
                    (NbcErrorCode)(int)refused.Fault, refused.Message, function.Name, i,
                    InstructionTable.Find(function.Instructions[i].Opcode)!.Mnemonic, Source.LocationOf(function, i)),
                    refused);
            }
        }

        int[] resultOf = new int[function.Registers.Length];
        Array.Fill(resultOf, -1);
        for (int i = function.Results.Length - 1; i >= 0; i--)
        {
            resultOf[function.Results[i]] = i;
        }

        return new LoadedFunction { Source = function, Index = index, Code = code, ResultOf = resultOf };
    }

    private LoadedInstruction LoadInstruction(NbcFunction function, int at, HashSet<int> targets)
    {
        NbcInstruction code = function.Instructions[at];
        InstructionDescriptor descriptor = InstructionTable.Find(code.Opcode)!;
        if (descriptor.Format != NbcFormat.Values)
        {
            return new LoadedInstruction { Code = code, Descriptor = descriptor };
        }

        int[] inputs = function.InputsOf(code).ToArray();
        int[] outputs = function.OutputsOf(code).ToArray();
        return new LoadedInstruction
        {
            Code = code,
            Descriptor = descriptor,
            Inputs = inputs,
            Outputs = outputs,
            Dies = DiesOf(function, at, inputs, outputs, targets),
            Kernel = code.IsKernel ? MakeKernel(code, inputs) : null,
        };
    }

    private Kernel MakeKernel(NbcInstruction code, int[] inputs)
    {
        KernelAttributes attributes = code.D >= 0 ? Shared(Source.Attributes[code.D]) : KernelAttributes.None;
        string name = KernelTable.Find(code.Opcode)!.Name;
        Kernel kernel = name == EngineCall && _engines is not null
            ? _engines(attributes)
            : KernelRegistry.Create(name, attributes);
        if (_packs)
        {
            kernel.Prepare([.. inputs.Select(operand =>
                NbcOperand.IsConstant(operand) ? Constants[NbcOperand.ConstantIndex(operand)] : null)]);
        }

        return kernel;
    }

    // Runs on several threads share a kernel's tensors: those lie in memory that counts nothing.
    private static KernelAttributes Shared(KernelAttributes attributes)
    {
        if (attributes.All.All(pair => pair.Value.Kind is not (AttributeKind.Tensor or AttributeKind.Tensors)))
        {
            return attributes;
        }

        return new KernelAttributes(attributes.All.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Kind switch
        {
            AttributeKind.Tensor => NbcConstant.Of(pair.Key, pair.Value.Tensor).Value!,
            AttributeKind.Tensors => AttributeValue.FromTensors(
                [.. pair.Value.Tensors.Select(tensor => NbcConstant.Of(pair.Key, tensor).Value!)]),
            _ => pair.Value,
        })));
    }

    // A register dies when TENSOR_DESTROY follows at once, or when this instruction sets it.
    private static bool[] DiesOf(NbcFunction function, int at, int[] inputs, int[] outputs, HashSet<int> targets)
    {
        HashSet<int> dying = [.. outputs];
        for (int i = at + 1; i < function.Instructions.Length && !targets.Contains(i) &&
            function.Instructions[i].Opcode == (ushort)NbcOpcode.TensorDestroy; i++)
        {
            dying.UnionWith(function.InputsOf(function.Instructions[i]).ToArray());
        }

        return Array.ConvertAll(inputs, operand => NbcOperand.IsRegister(operand) && dying.Contains(operand) &&
            inputs.Count(other => other == operand) == 1);
    }
}
