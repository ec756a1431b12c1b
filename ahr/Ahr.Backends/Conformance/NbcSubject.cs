using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>Noodle's own engine, which never falls back to another here.</summary>
public sealed class NbcSubject : IConformanceSubject
{
    /// <inheritdoc/>
    public string Name => "nbc";

    /// <inheritdoc/>
    public IConformanceModel Load(string path)
    {
        string name = Path.GetFileName(path);
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        NbcProgram program = NbcCompilation.Compile(module, name);
        try
        {
            return new Model(NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 }));
        }
        catch (NbcException refused) when (refused.InnerException is KernelException)
        {
            throw new BackendException(BackendFault.UnsupportedModel, refused.Message, refused);
        }
    }

    private sealed class Model(NbcModel model) : IConformanceModel
    {
        public IReadOnlyList<NbcValue?> Run(IReadOnlyList<NbcValue?> inputs)
        {
            NbcValue?[] ordered = new NbcValue?[model.Inputs.Count];
            for (int i = 0; i < ordered.Length; i++)
            {
                ordered[i] = Fit(model.Inputs[i].Type, i < inputs.Count ? inputs[i] : null);
            }

            try
            {
                return model.Run(ordered);
            }
            catch (NbcException failed)
            {
                // A kernel that does not do something says so by name: that is a refusal, not a wrong answer.
                throw new BackendException(
                    failed.Error.Code == NbcErrorCode.Unsupported
                        ? BackendFault.UnsupportedModel
                        : BackendFault.RunFailed,
                    failed.Message,
                    failed);
            }
        }

        public void Dispose() => model.Dispose();

        private static NbcValue? Fit(NbcType type, NbcValue? value) =>
            type.Kind == NbcValueKind.Optional && value is not (null or OptionalValue)
                ? new OptionalValue(value)
                : value;
    }
}
