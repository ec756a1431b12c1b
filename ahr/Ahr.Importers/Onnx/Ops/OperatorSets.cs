using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Google.Protobuf.Collections;

namespace Ahr.Importers.Onnx.Ops;

/// <summary>Versions of the operator sets that a model, or a function of it, is written in.</summary>
internal sealed class OperatorSets
{
    private readonly SortedDictionary<string, long> _versions = new(StringComparer.Ordinal);

    /// <exception cref="ImportException">A set is named twice, or with a version that cannot be.</exception>
    public static OperatorSets Of(ModelProto model)
    {
        OperatorSets sets = new();
        sets.Add(model.OpsetImport);
        if (model.OpsetImport.Count == 0)
        {
            sets._versions[OnnxNames.Standard] = 1;
        }

        return sets;
    }

    /// <summary>Those of a function; what it does not name is the model's.</summary>
    public OperatorSets With(FunctionProto function)
    {
        OperatorSets sets = new();
        sets.Add(function.OpsetImport);
        foreach ((string domain, long version) in _versions)
        {
            sets._versions.TryAdd(domain, version);
        }

        return sets;
    }

    public long? VersionOf(string domain) => _versions.TryGetValue(domain, out long version) ? version : null;

    public void Report(ImportReport report)
    {
        foreach ((string domain, long version) in _versions)
        {
            report.OperatorSets[domain] = version;
        }
    }

    public IEnumerable<OperatorSetIdProto> ToProto() =>
        _versions.Select(set => new OperatorSetIdProto
        {
            Domain = set.Key == OnnxNames.Standard ? "" : set.Key,
            Version = set.Value,
        });

    private void Add(RepeatedField<OperatorSetIdProto> imports)
    {
        foreach (OperatorSetIdProto import in imports)
        {
            string domain = OnnxNames.Domain(import.Domain);
            if (import.Version < 1)
            {
                throw new ImportException(
                    NtirFault.Malformed, $"version {import.Version} of operator set {SafeText.Of(domain)} cannot be");
            }

            if (_versions.TryGetValue(domain, out long other) && other != import.Version)
            {
                throw new ImportException(NtirFault.Malformed, $"operator set {SafeText.Of(domain)} is asked for in " +
                    $"versions {other} and {import.Version}");
            }

            _versions[domain] = import.Version;
        }
    }
}
