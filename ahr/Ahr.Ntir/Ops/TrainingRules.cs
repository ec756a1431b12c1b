using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Training.cs.</summary>
internal static class TrainingRules
{
    // Rate and step count stand before the tensors, gradients and states.
    private const int FirstTensor = 2;

    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["training.adagrad"] = context => Optimizer(context, states: 1);
        rules["training.adam"] = context => Optimizer(context, states: 2);
        rules["training.momentum"] = context => Optimizer(context, states: 1);
        rules["negative_log_likelihood_loss"] = Loss;
        rules["softmax_cross_entropy_loss"] = Loss;
    }

    private static void Optimizer(InferenceContext context, int states)
    {
        int kinds = 2 + states;
        int tensors = (context.InputCount - FirstTensor) / kinds;
        if (tensors < 1 || (context.InputCount - FirstTensor) % kinds != 0)
        {
            context.Fail(NtirFault.WrongCount, $"{context.InputCount} operands, not 2 and {kinds} for each tensor");
            return;
        }

        for (int i = 0; i < context.OutputCount; i++)
        {
            int kind = i / tensors;
            int from = FirstTensor + ((kind == 0 ? 0 : kind + 1) * tensors) + (i % tensors);
            if (context.Input(from) is { } type)
            {
                context.Give(i, type);
            }
        }
    }

    private static void Loss(InferenceContext context)
    {
        if (context.Tensor(0) is not { } scores)
        {
            return;
        }

        bool isOne = context.Attributes.Text("reduction", "mean") != "none";
        SymbolicShape? labels = context.Shape(1);
        if (labels is not null && scores.Shape is { } shape && shape.Rank != labels.Rank + 1)
        {
            context.FailShape($"labels {labels} are not {shape} without its axis 1");
            return;
        }

        SymbolicShape? each = labels ?? (scores.Shape is { Rank: > 1 } full
            ? new SymbolicShape(full.Where((_, d) => d != 1))
            : null);
        context.Give(0, scores.Element, isOne ? SymbolicShape.Scalar : each);
        context.Give(1, scores);
    }
}
