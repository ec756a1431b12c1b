using Ahr.Planning;
using Ahr.Runtime;
using Nbc.Tensors;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>The JSON of everything that is asked with GET.</summary>
internal static class Metadata
{
    public static void WriteServer(PooledWriter json, ServingOptions options)
    {
        json.Write("{\"name\":"u8);
        json.WriteString(options.ServerName);
        json.Write(",\"version\":"u8);
        json.WriteString(options.ServerVersion);
        json.Write(",\"extensions\":[\"binary_tensor_data\"]}"u8);
    }

    public static void WriteModel(PooledWriter json, DeployedModel model)
    {
        json.Write("{\"name\":"u8);
        json.WriteString(model.Name);
        json.Write(",\"versions\":[\""u8);
        json.Write(model.Version);
        json.Write("\"],\"platform\":"u8);
        json.WriteString(model.Platform);
        json.Write(",\"inputs\":"u8);
        WriteSpecs(json, model.Inputs);
        json.Write(",\"outputs\":"u8);
        WriteSpecs(json, model.Outputs);
        json.Write("}"u8);
    }

    public static void WriteModelReady(PooledWriter json, DeployedModel model)
    {
        json.Write("{\"name\":"u8);
        json.WriteString(model.Name);
        json.Write(",\"ready\":true}"u8);
    }

    /// <summary>True when a node that is alive says that it has the model loaded.</summary>
    public static bool IsReady(IModelCatalog catalog, DeployedModel model)
    {
        foreach (Candidate candidate in catalog.GetCandidates(model))
        {
            if (candidate.IsReady)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteSpecs(PooledWriter json, IReadOnlyList<TensorSpec> specs)
    {
        json.Write("["u8);
        for (int i = 0; i < specs.Count; i++)
        {
            json.Write(i == 0 ? "{\"name\":"u8 : ",{\"name\":"u8);
            json.WriteString(specs[i].Name);
            json.Write(",\"datatype\":"u8);
            json.WriteString(ElementTypes.NameOf(specs[i].Type));
            json.Write(",\"shape\":"u8);
            EncodedAnswer.WriteShape(json, specs[i].Dimensions);
            json.Write("}"u8);
        }

        json.Write("]"u8);
    }
}
