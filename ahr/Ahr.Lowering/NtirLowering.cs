using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Instructions;

namespace Ahr.Lowering;

/// <summary>Turns a module into a program of the bytecode machine.</summary>
/// <remarks>
/// Meaning: one function with a register for each value; control flow becomes jumps inside it, so that bodies see the
/// values around them as registers. A value is destroyed directly behind its last use. Registers whose size is known
/// get a place in the arena (<see cref="RegisterPlan"/>); the machine finds memory for the others while it runs.
/// The module must have passed the verifier; calls must be inlined.
/// </remarks>
public sealed class NtirLowering
{
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly NbcProgramBuilder _program = new();

    private NtirLowering()
    {
    }

    public static LoweringResult Lower(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        NtirLowering lowering = new();
        lowering.LowerMain(module);
        return lowering._diagnostics.Count > 0
            ? new LoweringResult(null, lowering._diagnostics)
            : new LoweringResult(lowering._program.Build(), []);
    }

    private void LowerMain(NtirModule module)
    {
        NtirRegion body = module.Main.Body;
        FunctionEmitter emitter = new(_program, _program.AddFunction(NtirModule.MainName), _diagnostics);
        foreach (NtirValue parameter in body.Parameters)
        {
            _program.Inputs.Add(new NbcPort(parameter.Name ?? $"input{parameter.Index}", TypeMap.Of(parameter.Type)));
        }

        for (int i = 0; i < body.Results.Count; i++)
        {
            _program.Outputs.Add(new NbcPort(
                module.NameOfOutput(i), TypeMap.Of(body.Results[i].Type)));
        }

        foreach ((string name, string value) in module.Metadata)
        {
            _program.Metadata[name] = value;
        }

        emitter.EmitMain(body);
    }
}
