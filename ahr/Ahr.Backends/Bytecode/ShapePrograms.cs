using System.Globalization;
using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Types;
using Microsoft.Extensions.Logging;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Backends.Bytecode;

/// <summary>The programs of one model: one for any input shapes, one for each set of shapes that came again.</summary>
/// <remarks>
/// Meaning: a program made for given shapes knows every size before it runs, so that its memory is planned and its run
/// allocates nothing. It is made in the background from the second call of a shape on; until then the general program
/// answers. A model whose inputs have fixed sizes has one program.
/// Bound: <see cref="NbcBackendOptions.MaxShapes"/> programs beside the general one; the one not used for longest goes.
/// </remarks>
internal sealed class ShapePrograms : IDisposable
{
    private const int MostSeen = 1024;

    private readonly NtirModule _module;
    private readonly string _name;
    private readonly NbcBackendOptions _options;
    private readonly ILogger _logger;
    private readonly IResourceAccount? _account;
    private readonly TaskBoard _tasks;
    private readonly bool _isFixed;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Entry _generic;
    private long _clock;
    private bool _disposed;

    public ShapePrograms(
        NtirModule module, string name, NbcBackendOptions options, ILogger logger, IResourceAccount? account,
        TaskBoard tasks)
    {
        _tasks = tasks;
        _module = module;
        _name = name;
        _options = options;
        _logger = logger;
        _account = account;
        _isFixed = options.MaxShapes == 0 || module.Main.Body.Parameters.All(
            parameter => parameter.TensorType is { Shape.IsStatic: true });
        _generic = new Entry(Load(RegionCopy.Copy(module)));
    }

    /// <summary>The program for any shapes.</summary>
    public NbcModel Generic => _generic.Model!;

    /// <summary>Programs made for given shapes so far.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Values.Count(entry => entry.Model is not null);
            }
        }
    }

    /// <summary>The best program for these inputs; dispose the lease when the run is over.</summary>
    public Lease Rent(Tensor[] inputs)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Entry entry = _isFixed ? _generic : Find(inputs);
            entry.Users++;
            entry.LastUsed = ++_clock;
            return new Lease(this, entry);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (Entry entry in _entries.Values.Append(_generic))
            {
                Retire(entry);
            }

            _entries.Clear();
        }
    }

    // Called with the gate held.
    private Entry Find(Tensor[] inputs)
    {
        string key = Key(inputs);
        if (_entries.TryGetValue(key, out Entry? entry))
        {
            return entry.Model is null ? _generic : entry;
        }

        if (_seen.Count >= MostSeen)
        {
            _seen.Clear();
        }

        if (!_seen.Add(key))
        {
            MakeRoom();
            Entry made = new(null);
            _entries.Add(key, made);
            long[][] shapes = Array.ConvertAll(inputs, input => input.Shape);
            _ = Task.Run(() => Specialise(made, shapes));
        }

        return _generic;
    }

    private void MakeRoom()
    {
        if (_entries.Count < _options.MaxShapes)
        {
            return;
        }

        (string key, Entry oldest) = _entries.MinBy(pair => pair.Value.LastUsed);
        _entries.Remove(key);
        Retire(oldest);
    }

    private void Specialise(Entry entry, long[][] shapes)
    {
        NbcModel? model = null;
        try
        {
            using TaskFrame frame = _tasks.Enter($"lower {_name} for one set of shapes", NbcTask.Default);
            NtirModule copy = RegionCopy.Copy(_module);
            for (int i = 0; i < shapes.Length; i++)
            {
                NtirValue parameter = copy.Main.Body.Parameters[i];
                parameter.Type = new TensorType(parameter.TensorType!.Element, SymbolicShape.Of(shapes[i]));
            }

            model = Load(copy);
        }
        catch (Exception reason) when (reason is BackendException or KernelException)
        {
            Log.NotSpecialised(_logger, _name, reason.Message); // the general program goes on answering
        }

        lock (_gate)
        {
            entry.Model = model;
            if (entry.IsRetired && entry.Users == 0)
            {
                model?.Dispose();
            }
        }
    }

    private NbcModel Load(NtirModule module)
    {
        NbcProgram program = NbcCompilation.Compile(module, _name);
        int runs = _options.MaxRuns > 0 ? _options.MaxRuns : Environment.ProcessorCount;
        try
        {
            return NbcRuntime.Load(
                program,
                new NbcLoadOptions
                {
                    MaxRuns = runs, Engines = EngineCallKernel.Create, Clock = _tasks.Time, Tasks = _tasks,
                },
                _account);
        }
        catch (NbcException refused)
        {
            throw new BackendException(
                BackendFault.UnsupportedModel,
                $"'{_name}' cannot be run by Noodle's own engine: {refused.Error}",
                refused);
        }
    }

    private static string Key(Tensor[] inputs)
    {
        StringBuilder key = new();
        foreach (Tensor input in inputs)
        {
            foreach (long size in input.Shape)
            {
                key.Append(CultureInfo.InvariantCulture, $"{size},");
            }

            key.Append(';');
        }

        return key.ToString();
    }

    // Called with the gate held.
    private static void Retire(Entry entry)
    {
        entry.IsRetired = true;
        if (entry.Users == 0)
        {
            entry.Model?.Dispose();
        }
    }

    private void Return(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users == 0 && entry.IsRetired)
            {
                entry.Model?.Dispose();
            }
        }
    }

    internal sealed class Entry(NbcModel? model)
    {
        /// <summary>Null while it is being made, and when it cannot be.</summary>
        public NbcModel? Model { get; set; } = model;

        public int Users { get; set; }

        public long LastUsed { get; set; }

        public bool IsRetired { get; set; }
    }

    /// <summary>A program in use; it stays loaded until this is disposed.</summary>
    public readonly struct Lease(ShapePrograms owner, Entry entry) : IDisposable
    {
        public NbcModel Model => entry.Model!;

        public void Dispose() => owner.Return(entry);
    }
}
