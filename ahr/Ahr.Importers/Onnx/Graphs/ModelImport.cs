using Ahr.Importers.Onnx.Fallback;
using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>What all graphs of one import share: the model, its bounds, and what was found so far.</summary>
internal sealed class ModelImport
{
    // Versions of ONNX's file form: 3 brought operator sets, 13 is the newest that this program knows.
    private const int NewestForm = 13;
    private const int FirstFormWithSets = 3;

    private int _nodes;

    public ModelImport(ModelProto model, IModelFiles files, OnnxImportOptions options)
    {
        Model = model;
        Options = options;
        External = new ExternalContent(files);
        Sparse = new SparseTensors(options.MaxExpandedBytes);
    }

    public ModelProto Model { get; }

    public OnnxImportOptions Options { get; }

    public ExternalContent External { get; }

    public SparseTensors Sparse { get; }

    public ImportReport Report { get; } = new();

    public List<Diagnostic> Diagnostics { get; } = [];

    public NtirModule Module { get; } = new();

    /// <summary>The model's own functions, by domain, name and overload.</summary>
    public Dictionary<(string Domain, string Name, string Overload), FunctionProto> Functions { get; } = [];

    /// <summary>Parts for another engine, in the order in which they were found.</summary>
    public List<FallbackPart> Parts { get; } = [];

    public bool IsFull => Diagnostics.Count >= ImportResult.MostDiagnostics;

    public void Run()
    {
        try
        {
            CheckForm();
            ReadFunctions();
            ReadMetadata();
            OperatorSets sets = OperatorSets.Of(Model);
            sets.Report(Report);
            GraphProto graph = Model.Graph
                ?? throw new ImportException(NtirFault.Malformed, "the file holds no graph", "model");
            GraphImport main = new(this, Module.Main.Body, new ValueScope(null), sets) { IsMain = true };
            main.Import(graph);
            CompleteParts();
        }
        catch (ImportException refused)
        {
            Add(refused, "model");
        }
    }

    public void Add(ImportException refused, string where)
    {
        if (!IsFull)
        {
            string at = refused.Where.Length > 0 ? refused.Where : where;
            Diagnostics.Add(new Diagnostic(refused.Fault, at, refused.Message));
        }
    }

    /// <summary>Counts a node.</summary>
    /// <exception cref="ImportException">There are more than the options allow.</exception>
    public void CountNode()
    {
        if (++_nodes > Options.MaxNodes)
        {
            throw new ImportException(NtirFault.TooLarge, $"the model has more than {Options.MaxNodes} nodes", "model");
        }
    }

    private void CompleteParts()
    {
        if (Parts.Count == 0 || Diagnostics.Count > 0)
        {
            return;
        }

        ShapeInference.Run(Module);
        foreach (FallbackPart part in Parts)
        {
            part.Complete();
        }
    }

    private void CheckForm()
    {
        if (Model.IrVersion is < 1 or > NewestForm)
        {
            throw new ImportException(NtirFault.Malformed, Model.HasIrVersion
                ? $"version {Model.IrVersion} of ONNX's file form is not known, the newest known is {NewestForm}"
                : "this is no ONNX model: it has no version of ONNX's file form");
        }

        if (Model.OpsetImport.Count == 0 && Model.IrVersion >= FirstFormWithSets)
        {
            throw new ImportException(NtirFault.Malformed, "the model names no operator set");
        }
    }

    private void ReadFunctions()
    {
        foreach (FunctionProto function in Model.Functions)
        {
            if (!Functions.TryAdd((OnnxNames.Domain(function.Domain), function.Name, function.Overload), function))
            {
                throw new ImportException(
                    NtirFault.WrongCall, $"function {SafeText.Of(function.Name)} is there twice");
            }
        }
    }

    private void ReadMetadata()
    {
        Set("producer", $"{Model.ProducerName} {Model.ProducerVersion}".Trim());
        Set("description", Model.DocString);
        Set("domain", Model.Domain);
        Set("model_version", Model.HasModelVersion ? $"{Model.ModelVersion}" : "");
        Set("graph", Model.Graph?.Name ?? "");
        foreach (StringStringEntryProto entry in Model.MetadataProps)
        {
            Set(entry.Key, entry.Value);
        }
    }

    private void Set(string key, string value)
    {
        if (key.Length > 0 && value.Length > 0)
        {
            Module.Metadata[key] = value;
        }
    }
}
