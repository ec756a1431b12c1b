using Ahr.Backends.Conformance;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>A part of a model that ONNX Runtime runs, because Noodle's own engine lacks an operator in it.</summary>
/// <remarks>Cost: operands and results are copied in and out. After a deadline or a cancellation it ends at the next
/// node of the engine, once a thread of the pool was free to look; that is tried every <see cref="s_lookEvery"/>.
/// </remarks>
internal sealed class EngineCallKernel : Kernel, IDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(10);
    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    private EngineCallKernel(KernelAttributes attributes)
    {
        _inputs = attributes.Texts("inputs") ?? [];
        _outputs = attributes.Texts("outputs") ?? [];
        OnnxRuntimeEngine.Start(NullLogger.Instance);
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        try
        {
            _session = new InferenceSession(attributes.Find("model")!.TextBytes, options);
        }
        catch (OnnxRuntimeException reason)
        {
            throw new KernelException(
                KernelFault.Unsupported, $"ONNX Runtime does not take this part either: {FirstLine(reason)}");
        }
    }

    /// <summary>Makes the kernel of one call of another engine.</summary>
    public static Kernel Create(KernelAttributes attributes) => attributes.Text("engine") == "onnxruntime"
        ? new EngineCallKernel(attributes)
        : throw new KernelException(
            KernelFault.Unsupported, $"there is no engine '{attributes.Text("engine")}' in this program");

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        List<OrtValue> values = [];
        List<string> names = [];
        using RunOptions options = new();
        // The engine calls nobody back: somebody else looks whether the run is to end, as kernels do between blocks.
        using Timer watch = new(_ => Look(context, options), null, s_lookEvery, s_lookEvery);
        try
        {
            for (int i = 0; i < _inputs.Length; i++)
            {
                if (context.Has(i) && OnnxRuntimeValues.ToEngine(context.Value(i)) is { } value)
                {
                    names.Add(_inputs[i]);
                    values.Add(value);
                }
            }

            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, names, values, _outputs);
            for (int i = 0; i < _outputs.Length; i++)
            {
                Give(context, i, OnnxRuntimeValues.FromEngine(results[i]));
            }
        }
        catch (OnnxRuntimeException reason)
        {
            context.ThrowIfCancelled();
            throw new KernelException(KernelFault.WrongShape, $"ONNX Runtime says: {FirstLine(reason)}");
        }
        finally
        {
            StopLooking(watch);
            values.ForEach(value => value.Dispose());
        }
    }

    private static void Look(KernelContext context, RunOptions options)
    {
        try
        {
            context.ThrowIfCancelled();
        }
        catch (Exception e) when (e is OperationCanceledException or NbcException)
        {
            options.Terminate = true;
        }
    }

    // A look that is under way may not reach options that are gone, or a context that runs something else.
    private static void StopLooking(Timer watch)
    {
        using ManualResetEvent stopped = new(false);
        if (watch.Dispose(stopped))
        {
            stopped.WaitOne();
        }
    }

    private static void Give(KernelContext context, int output, NbcValue? value)
    {
        if (!context.Wants(output))
        {
            value?.Release();
        }
        else if (value is TensorValue { Type: not ElementType.String } tensor)
        {
            tensor.Bytes().CopyTo(context.Output(output, tensor.Type, tensor.Shape).Bytes());
            tensor.Release();
        }
        else if (value is not null)
        {
            context.Give(output, value);
        }
    }

    private static string FirstLine(OnnxRuntimeException reason) => reason.Message.Split('\n')[0];
}
