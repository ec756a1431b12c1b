using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
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
        return new Model(module, name);
    }

    private sealed class Model(NtirModule module, string name) : IConformanceModel
    {
        private NbcModel _model = LoadProgram(RegionCopy.Copy(module), name);

        public ModelSignature Signature { get; } = ModelSignature.Of(module);

        public IReadOnlyList<NbcValue?> Run(IReadOnlyList<NbcValue?> inputs)
        {
            if (!Fits(inputs))
            {
                // Some of ONNX's own cases give inputs of other shapes than their model declares: the inputs count.
                NtirModule generic = RegionCopy.Copy(module);
                foreach (NtirValue parameter in generic.Main.Body.Parameters)
                {
                    parameter.Type = parameter.TensorType is { } tensor ? tensor with { Shape = null } : parameter.Type;
                }

                _model.Dispose();
                _model = LoadProgram(generic, name);
            }

            return RunLoaded(_model, inputs);
        }

        public void Dispose() => _model.Dispose();

        private static NbcModel LoadProgram(NtirModule module, string name)
        {
            try
            {
                NbcProgram program = NbcCompilation.Compile(module, name);
                return NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
            }
            catch (NbcException refused) when (refused.InnerException is KernelException)
            {
                throw new BackendException(BackendFault.UnsupportedModel, refused.Message, refused);
            }
        }

        private bool Fits(IReadOnlyList<NbcValue?> inputs)
        {
            for (int i = 0; i < Math.Min(inputs.Count, _model.Inputs.Count); i++)
            {
                if (_model.Inputs[i].Type is { Kind: NbcValueKind.Tensor, Dimensions: { } sizes, Element: var type } &&
                    inputs[i] is TensorValue tensor &&
                    !new TensorSpec("", type, sizes).Accepts(tensor.Type, tensor.Shape))
                {
                    return false;
                }
            }

            return true;
        }

        private static NbcValue?[] RunLoaded(NbcModel model, IReadOnlyList<NbcValue?> inputs)
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

        private static NbcValue? Fit(NbcType type, NbcValue? value) =>
            type.Kind == NbcValueKind.Optional && value is not (null or OptionalValue)
                ? new OptionalValue(value)
                : value;
    }
}
