using Ahr.Importers.Onnx.Proto;

namespace Ahr.Importers.Onnx.Ops;

/// <summary>Where files of rules enter what they know.</summary>
internal sealed class RuleSet(Dictionary<(string Domain, string Name), OnnxOp> ops)
{
    /// <summary>Nodes older than a version need this rule.</summary>
    /// <param name="how">What it does, for the table of operators.</param>
    public void Before(int version, string[] names, string how, NodeRule rule)
    {
        foreach (string name in names)
        {
            Op(OnnxNames.Standard, name).Steps.Add(new VersionStep(version, how, rule));
        }
    }

    public void Before(int version, string name, string how, NodeRule rule) => Before(version, [name], how, rule);

    /// <summary>As <see cref="Before(int, string, string, NodeRule)"/> in the domain ai.onnx.ml.</summary>
    public void BeforeInMl(int version, string name, string how, NodeRule rule) =>
        Op(OnnxNames.MachineLearning, name).Steps.Add(new VersionStep(version, how, rule));

    /// <summary>Nodes of every version need this rule, behind those of older versions.</summary>
    public void Always(string name, string how, NodeRule rule) => Before(VersionStep.Every, [name], how, rule);

    /// <summary>No kernel of this name is needed: the rule makes something else of every node.</summary>
    public void Composed(string name, string how, NodeRule rule)
    {
        Op(OnnxNames.Standard, name).IsComposed = true;
        Always(name, how, rule);
    }

    /// <summary>Nodes become the operation of another operator.</summary>
    public void Becomes(string name, string ntirName) => Op(OnnxNames.Standard, name).NtirName = ntirName;

    /// <summary>Nodes of ONNX Runtime's operator become an operation of NTIR's, perhaps after a rule.</summary>
    public void BecomesInMicrosoft(string name, string ntirName, string how = "", NodeRule? rule = null)
    {
        OnnxOp op = Op(OnnxNames.Microsoft, name);
        op.NtirName = ntirName;
        if (rule is not null)
        {
            op.Steps.Add(new VersionStep(VersionStep.Every, how, rule));
        }
    }

    /// <summary>As <see cref="Composed"/> for an operator of ONNX Runtime.</summary>
    public void ComposedInMicrosoft(string name, string how, NodeRule rule)
    {
        BecomesInMicrosoft(name, "", how, rule);
        Op(OnnxNames.Microsoft, name).IsComposed = true;
    }

    /// <summary>Nodes that cannot be imported although the operator is known.</summary>
    public void Refuse(string name, Func<NodeProto, int, string?> why) => Op(OnnxNames.Standard, name).Refuses = why;

    public void Sort()
    {
        foreach (OnnxOp op in ops.Values)
        {
            VersionStep[] ordered = [.. op.Steps.OrderBy(step => step.Before)];
            op.Steps.Clear();
            op.Steps.AddRange(ordered);
        }
    }

    private OnnxOp Op(string domain, string name) => ops[(domain, name)];
}
