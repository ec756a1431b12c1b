using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Tensors;

namespace Ahr.Backends.Auto;

/// <summary>A model loaded in several engines; see <see cref="EngineTrial"/> for who runs it.</summary>
/// <remarks>Bound: <see cref="MostShapes"/> sets of input shapes are told apart; further ones share a trial.</remarks>
internal sealed class AutoModel : IBackendModel
{
    public const int MostShapes = 256;
    private const string Others = "*";

    private readonly string _name;
    private readonly IReadOnlyList<(string Name, IBackendModel Model)> _engines;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, EngineTrial> _trials = new(StringComparer.Ordinal);

    public AutoModel(
        string name, IReadOnlyList<(string Name, IBackendModel Model)> engines, TimeProvider time, ILogger logger)
    {
        _name = name;
        _engines = engines;
        _time = time;
        _logger = logger;
    }

    public IReadOnlyList<TensorSpec> Inputs => _engines[0].Model.Inputs;

    public IReadOnlyList<TensorSpec> Outputs => _engines[0].Model.Outputs;

    public IReadOnlyList<EngineChoice> Engines
    {
        get
        {
            lock (_gate)
            {
                return [.. _trials.OrderByDescending(pair => pair.Value.Calls)
                    .ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Describe(pair.Key, pair.Value))];
            }
        }
    }

    public async ValueTask<TensorSet> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        string shapes = Key(inputs);
        while (true)
        {
            (EngineTrial trial, int engine) = Choose(shapes);
            long start = _time.GetTimestamp();
            bool isInTime = task.Deadline is not { } end || _time.GetInstant() < end;
            try
            {
                TensorSet answer = await _engines[engine].Model.RunAsync(inputs, outputs, task, cancellation)
                    .ConfigureAwait(false);
                Note(trial, engine, _time.GetElapsedTime(start), shapes);
                return answer;
            }
            catch (BackendException failed) when (failed.Fault == BackendFault.DeadlineExceeded && isInTime)
            {
                Note(trial, engine, _time.GetElapsedTime(start), shapes); // it takes that long at least
                throw;
            }
            catch (BackendException failed) when (
                failed.Fault is BackendFault.LimitReached or BackendFault.DeadlineExceeded)
            {
                GiveUp(trial, engine); // whoever watches limits is asked again next time, not one that does not
                throw;
            }
            catch (BackendException failed) when (failed.Fault == BackendFault.RunFailed)
            {
                // The other engine answers, if it can; when all fail, the inputs are at fault and the first say so.
                Log.EngineFailed(_logger, _engines[engine].Name, _name, failed.Message);
                if (!Rule(trial, engine))
                {
                    Forget(shapes);
                    throw;
                }
            }
        }
    }

    public void Dispose()
    {
        foreach ((_, IBackendModel model) in _engines)
        {
            model.Dispose();
        }
    }

    private (EngineTrial Trial, int Engine) Choose(string shapes)
    {
        lock (_gate)
        {
            string key = _trials.Count < MostShapes || _trials.ContainsKey(shapes) ? shapes : Others;
            if (!_trials.TryGetValue(key, out EngineTrial? trial))
            {
                trial = new EngineTrial(_engines.Count);
                _trials.Add(key, trial);
            }

            return (trial, trial.Next());
        }
    }

    private void Note(EngineTrial trial, int engine, TimeSpan took, string shapes)
    {
        lock (_gate)
        {
            int before = trial.Winner;
            trial.Took(engine, took.TotalMicroseconds);
            if (trial.Winner != before)
            {
                Log.EngineChosen(_logger, _engines[trial.Winner].Name, _name, shapes, Times(trial));
            }
        }
    }

    private void GiveUp(EngineTrial trial, int engine)
    {
        lock (_gate)
        {
            trial.GaveUp(engine);
        }
    }

    private bool Rule(EngineTrial trial, int engine)
    {
        lock (_gate)
        {
            return trial.Failed(engine);
        }
    }

    private void Forget(string shapes)
    {
        lock (_gate)
        {
            if (!_trials.Remove(shapes))
            {
                _trials.Remove(Others);
            }
        }
    }

    private EngineChoice Describe(string shapes, EngineTrial trial)
    {
        List<EngineTime> times = [];
        for (int i = 0; i < _engines.Count; i++)
        {
            if (trial.MicrosecondsOf(i) is { } measured)
            {
                times.Add(new EngineTime(_engines[i].Name, measured));
            }
        }

        return new EngineChoice(shapes, trial.Winner < 0 ? null : _engines[trial.Winner].Name, times);
    }

    private string Times(EngineTrial trial) => string.Join(", ", _engines.Select((engine, i) => string.Create(
        CultureInfo.InvariantCulture, $"{engine.Name} {trial.MicrosecondsOf(i) ?? double.NaN:0} us")));

    private static string Key(TensorSet inputs)
    {
        StringBuilder key = new();
        foreach (Tensor tensor in inputs.Tensors)
        {
            key.Append(key.Length > 0 ? "; " : "").Append(tensor.Name).Append(' ').Append(Shapes.Text(tensor.Shape));
        }

        return key.ToString();
    }
}
