using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Elementwise;

/// <summary>Operands that broadcast to one shape.</summary>
internal static class BroadcastRules
{
    /// <summary>All operands of one type, which the result has too.</summary>
    /// <param name="compute">What becomes of two elements; null where they are not followed.</param>
    public static void Arithmetic(InferenceContext context, Func<Dim, Dim, Dim>? compute)
    {
        if (CommonElement(context, 0) is not { } element)
        {
            return;
        }

        context.Give(0, element, Shape(context));
        if (compute is null || context.Elements(0) is not { } sum)
        {
            return;
        }

        for (int i = 1; i < context.InputCount; i++)
        {
            if (context.Elements(i) is not { } next || Combine(sum, next, compute) is not { } both)
            {
                return;
            }

            sum = both;
        }

        if (sum.Any(item => !item.IsUnknown))
        {
            context.GiveElements(0, sum);
        }
    }

    /// <summary>The type of the first operand, whatever that of the second.</summary>
    public static void Power(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, input.Element, Shape(context));
        }
    }

    /// <summary>The shape of the first operand; the second broadcasts to it.</summary>
    public static void OneWay(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        context.Give(0, input);
        if (input.Shape is { } shape && context.Shape(1) is { } other && other.Rank > shape.Rank)
        {
            context.FailShape($"{other} does not broadcast to {shape}");
        }
        else
        {
            Shape(context);
        }
    }

    /// <summary>A question about two operands of one type.</summary>
    /// <param name="compute">The answer for two numbers.</param>
    public static void Comparison(InferenceContext context, Func<long, long, bool> compute)
    {
        CommonElement(context, 0);
        context.Give(0, ElementType.Bool, Shape(context));
        if (context.Numbers(0) is { } left && context.Numbers(1) is { } right
            && Combine(Sizes(left), Sizes(right), (x, y) => compute(x.Value, y.Value) ? 1 : 0) is { } answers)
        {
            context.GiveElements(0, answers);
        }
    }

    public static void Where(InferenceContext context)
    {
        if (CommonElement(context, 1) is not { } element)
        {
            return;
        }

        context.Give(0, element, Shape(context));
        if (Condition(context) is not { } condition || context.Elements(1) is not { } x
            || context.Elements(2) is not { } y)
        {
            return;
        }

        int length = new[] { condition.Length, x.Count, y.Count }.Max();
        if (new[] { condition.Length, x.Count, y.Count }.All(count => count == 1 || count == length))
        {
            context.GiveElements(0, [.. Enumerable.Range(0, length).Select(
                i => condition[i % condition.Length] ? x[i % x.Count] : y[i % y.Count])]);
        }
    }

    // Whole numbers are cut toward zero; sizes are not negative, so that rounding down is the same.
    public static Dim Quotient(Dim left, Dim right) =>
        left.IsConstant && right.IsConstant
            ? right.Value is 0 or -1 ? right.Value == 0 ? Dim.Unknown : left * -1 : left.Value / right.Value
            : right is { IsConstant: true, Value: <= 0 } ? Dim.Unknown : Dim.FloorDiv(left, right);

    public static Dim Remainder(Dim left, Dim right) =>
        right.IsConstant && right.Value <= 0 ? Dim.Unknown : Dim.Mod(left, right);

    private static SymbolicShape? Shape(InferenceContext context) =>
        ShapeRules.Broadcast(context, Enumerable.Range(0, context.InputCount).Select(context.Shape));

    // The one type of all operands from an index on; null when none is known.
    private static ElementType? CommonElement(InferenceContext context, int first)
    {
        ElementType? element = null;
        for (int i = first; i < context.InputCount; i++)
        {
            if (context.Tensor(i) is not { } input)
            {
                continue;
            }

            if (element is { } known && known != input.Element)
            {
                context.Fail(NtirFault.TypeMismatch,
                    $"operand {i} is {ElementTypes.TextOf(input.Element)}, expected {ElementTypes.TextOf(known)}");
                return null;
            }

            element = input.Element;
        }

        return element;
    }

    private static Dim[]? Combine(IReadOnlyList<Dim> left, IReadOnlyList<Dim> right, Func<Dim, Dim, Dim> compute)
    {
        if (left.Count != right.Count && left.Count != 1 && right.Count != 1)
        {
            return null;
        }

        int length = left.Count == 1 ? right.Count : left.Count;
        return [.. Enumerable.Range(0, length).Select(
            i => compute(left[left.Count == 1 ? 0 : i], right[right.Count == 1 ? 0 : i]))];
    }

    private static Dim[] Sizes(long[] numbers) => [.. numbers.Select(number => (Dim)number)];

    private static bool[]? Condition(InferenceContext context) => context.Constant(0) is { Rank: <= 1,
        Count: > 0 } given
        && given.Type == ElementType.Bool
            ? [.. given.Span<byte>().ToArray().Select(bit => bit != 0)]
            : context.Numbers(0) is { Length: > 0 } computed ? [.. computed.Select(bit => bit != 0)] : null;
}
