using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Nbc.Runtime.Frames;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Runs ONNX models on ONNX Runtime's CPU engine.</summary>
/// <remarks>
/// The file's structure is read before the engine sees it: a model may keep weights only in plain files of its own
/// folder. Messages of the engine go to the log, never to a caller.
/// </remarks>
public sealed partial class OnnxRuntimeBackend : IBackend
{
    private const long SmallModelBytes = 1 << 20;

    private readonly OnnxRuntimeOptions _options;
    private readonly ILogger<OnnxRuntimeBackend> _logger;
    private readonly TaskBoard _tasks;

    /// <param name="tasks">Where loads and runs are seen, and whose clock deadlines lie on; null: a board of its own.
    /// </param>
    public OnnxRuntimeBackend(
        OnnxRuntimeOptions options, ILogger<OnnxRuntimeBackend> logger, TaskBoard? tasks = null)
    {
        _tasks = tasks ?? new TaskBoard(TimeProvider.System);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        _options = options;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public async ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return await Task.Run(() => Load(path, cancellation), cancellation).ConfigureAwait(false);
    }

    /// <summary>Loads the engine's library when it is not there yet.</summary>
    /// <returns>Why it does not load, as a sentence; null when it does.</returns>
    public string? FindFault()
    {
        try
        {
            OnnxRuntimeEngine.Start(_logger);
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or OnnxRuntimeException
            or EntryPointNotFoundException or BadImageFormatException)
        {
            return $"{Name} does not load ({e.GetBaseException().GetType().Name}); " +
                "install its library for this system.";
        }
    }

    private OnnxRuntimeModel Load(string path, CancellationToken cancellation)
    {
        using TaskFrame frame = _tasks.Enter($"load {Path.GetFileName(path)}", NbcTask.Default);
        OnnxFile file = Inspect(path, out long sizeBytes);
        OnnxRuntimeEngine.Start(_logger);
        using SessionOptions options = new();
        int threads = _options.Threads > 0 ? _options.Threads
            : sizeBytes < SmallModelBytes ? 1 : Environment.ProcessorCount;
        options.IntraOpNumThreads = threads;
        options.InterOpNumThreads = 1;
        options.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", _options.Spin ? "1" : "0");
        using CancellationTokenRegistration stop = cancellation.Register(
            static state => ((SessionOptions)state!).SetLoadCancellationFlag(true), options);
        InferenceSession? session = null;
        try
        {
            session = new InferenceSession(path, options);
            OnnxRuntimeModel model = new(Path.GetFileName(path), session, file.Rankless, _tasks, _logger);
            Log.ModelLoaded(_logger, sizeBytes, threads);
            session = null;
            return model;
        }
        catch (OnnxRuntimeException reason)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Explain(Path.GetFileName(path), file, reason);
        }
        finally
        {
            session?.Dispose();
        }
    }

    private static OnnxFile Inspect(string path, out long sizeBytes)
    {
        string name = Path.GetFileName(path);
        if (Directory.Exists(path))
        {
            throw Unreadable($"'{name}' is a folder: name the model file in it");
        }

        OnnxFile? file;
        try
        {
            using FileStream stream = new(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024);
            sizeBytes = stream.Length;
            file = OnnxFile.Read(stream);
        }
        catch (Exception reason) when (reason is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable($"there is no model file '{name}': check the path", reason);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw Unreadable($"'{name}' cannot be read: check its permissions and the disk", reason);
        }

        if (file is null)
        {
            throw Unreadable(sizeBytes == 0
                ? $"'{name}' is empty: copy or export it again"
                : $"'{name}' is not a whole ONNX model (damaged, cut short or another format): export it again");
        }

        foreach (ExternalData data in file.External)
        {
            if (ExternalDataRule.Check(path, data) is { } fault)
            {
                throw Unreadable(fault);
            }
        }

        return file;
    }

    private static BackendException Unreadable(string message, Exception? inner = null) =>
        new(BackendFault.UnreadableModel, message, inner);

    /// <summary>Turns what the engine says at load into a sentence that names the model and the way out.</summary>
    internal static BackendException Explain(string name, OnnxFile file, OnnxRuntimeException reason)
    {
        string version = OrtEnv.Instance().GetVersionString();
        if (UnknownOperator().Match(reason.Message) is { Success: true } match)
        {
            return new BackendException(
                BackendFault.UnsupportedModel,
                $"'{name}' uses operator {match.Groups[1].Value}, which ONNX Runtime {version} does not have: " +
                $"export it with standard operators of opset {Math.Min(file.Opset > 0 ? file.Opset : 17, 17)} or lower",
                reason);
        }

        if (reason.Message.Contains("TensorElementType", StringComparison.Ordinal))
        {
            return new BackendException(
                BackendFault.UnsupportedModel,
                $"'{name}' has an input or output of an element type that calls cannot carry: " +
                "export it with ordinary tensors",
                reason);
        }

        bool isNotImplemented = reason.Message.Contains("NOT_IMPLEMENTED", StringComparison.OrdinalIgnoreCase)
            || reason.Message.Contains("NotImplemented", StringComparison.Ordinal)
            || reason.Message.Contains("opset", StringComparison.OrdinalIgnoreCase)
            || reason.Message.Contains("Unsupported model IR version", StringComparison.Ordinal);
        return isNotImplemented
            ? new BackendException(
                BackendFault.UnsupportedModel,
                $"'{name}' (IR version {file.IrVersion}, opset {file.Opset}) needs more than ONNX Runtime {version} " +
                "has: export it with opset 17 or lower",
                reason)
            : Unreadable($"'{name}' is an ONNX file, but its graph is not valid: check it with onnx.checker", reason);
    }

    [GeneratedRegex(@"([A-Za-z0-9_.:\-]{1,200})\(-?\d+\) is not a registered function/op")]
    private static partial Regex UnknownOperator();
}
