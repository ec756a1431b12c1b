using System.Globalization;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;

namespace Nbc.Runtime.Machine;

/// <summary>Arithmetic, comparison and conversion on the operand stack.</summary>
internal static class ScalarUnit
{
    private const double IntEnd = 9223372036854775808.0; // 2^63

    public static void Run(NbcOpcode opcode, StackManager stack)
    {
        switch (opcode)
        {
            case NbcOpcode.Pop:
                stack.Pop();
                break;
            case NbcOpcode.Dup:
                NbcScalar top = stack.Pop();
                stack.Push(top);
                stack.Push(top);
                break;
            case NbcOpcode.Swap:
                (NbcScalar upper, NbcScalar lower) = (stack.Pop(), stack.Pop());
                stack.Push(upper);
                stack.Push(lower);
                break;
            case NbcOpcode.Not or NbcOpcode.Neg or NbcOpcode.ToInt or NbcOpcode.ToFloat or NbcOpcode.ToText or
                NbcOpcode.TextLength:
                stack.Push(Unary(opcode, stack.Pop()));
                break;
            default:
                NbcScalar right = stack.Pop();
                stack.Push(Binary(opcode, stack.Pop(), right));
                break;
        }
    }

    public static long ToInt(in NbcScalar value)
    {
        switch (value.Kind)
        {
            case ScalarKind.Float:
                double whole = Math.Truncate(value.Float);
                return whole is >= -IntEnd and < IntEnd ? (long)whole : throw NoNumber(value, "an int");
            case ScalarKind.Text:
                return long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                    out long read) ? read : throw NoNumber(value, "an int");
            case ScalarKind.Int or ScalarKind.Bool:
                return value.Bits;
            default:
                throw NoNumber(value, "an int");
        }
    }

    public static double ToFloat(in NbcScalar value) => value.Kind switch
    {
        ScalarKind.Float => value.Float,
        ScalarKind.Int or ScalarKind.Bool => value.Bits,
        ScalarKind.Text when TryReadFloat(value.Text, out double read) => read,
        _ => throw NoNumber(value, "a float"),
    };

    private static bool TryReadFloat(string text, out double value)
    {
        value = text switch { "inf" => double.PositiveInfinity, "-inf" => double.NegativeInfinity, _ => double.NaN };
        return !double.IsNaN(value) || text == "nan" || (!text.Contains('n', StringComparison.OrdinalIgnoreCase) &&
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value));
    }

    private static NbcScalar Unary(NbcOpcode opcode, in NbcScalar value) => opcode switch
    {
        NbcOpcode.Not => value.Kind == ScalarKind.Bool ? !value.Bool : (NbcScalar)~value.Int,
        NbcOpcode.Neg => value.Kind == ScalarKind.Int ? unchecked(-value.Int) : (NbcScalar)(-value.Float),
        NbcOpcode.ToInt => ToInt(value),
        NbcOpcode.ToFloat => ToFloat(value),
        NbcOpcode.ToText => value.ToString(),
        _ => (long)value.Text.Length,
    };

    private static NbcScalar Binary(NbcOpcode opcode, in NbcScalar left, in NbcScalar right) => opcode switch
    {
        NbcOpcode.Eq => AreEqual(left, right),
        NbcOpcode.Ne => !AreEqual(left, right),
        NbcOpcode.And => left.Kind == ScalarKind.Bool ? left.Bool && right.Bool : (NbcScalar)(left.Int & right.Int),
        NbcOpcode.Or => left.Kind == ScalarKind.Bool ? left.Bool || right.Bool : (NbcScalar)(left.Int | right.Int),
        _ => left.Kind switch
        {
            ScalarKind.Int => OfInts(opcode, left.Int, right.Int),
            ScalarKind.Float => OfFloats(opcode, left.Float, right.Float),
            _ => OfTexts(opcode, left.Text, right.Text),
        },
    };

    private static bool AreEqual(in NbcScalar left, in NbcScalar right) =>
        left.Kind == ScalarKind.Float && right.Kind == ScalarKind.Float ? left.Float == right.Float : left == right;

    private static NbcScalar OfInts(NbcOpcode opcode, long left, long right)
    {
        unchecked
        {
            return opcode switch
            {
                NbcOpcode.Add => left + right,
                NbcOpcode.Sub => left - right,
                NbcOpcode.Mul => left * right,
                NbcOpcode.Div or NbcOpcode.Mod when right == 0 =>
                    throw new NbcException(NbcErrorCode.DivisionByZero, $"{left} is divided by zero"),
                NbcOpcode.Div => right == -1 ? -left : left / right, // the smallest int by -1 wraps; the CPU traps
                NbcOpcode.Mod => right == -1 ? 0 : left % right,
                NbcOpcode.Lt => left < right,
                NbcOpcode.Le => left <= right,
                NbcOpcode.Gt => left > right,
                _ => left >= right,
            };
        }
    }

    private static NbcScalar OfFloats(NbcOpcode opcode, double left, double right) => opcode switch
    {
        NbcOpcode.Add => left + right,
        NbcOpcode.Sub => left - right,
        NbcOpcode.Mul => left * right,
        NbcOpcode.Div => left / right,
        NbcOpcode.Mod => left % right,
        NbcOpcode.Lt => left < right,
        NbcOpcode.Le => left <= right,
        NbcOpcode.Gt => left > right,
        _ => left >= right,
    };

    private static NbcScalar OfTexts(NbcOpcode opcode, string left, string right) => opcode switch
    {
        NbcOpcode.Add => left + right,
        NbcOpcode.Lt => string.CompareOrdinal(left, right) < 0,
        NbcOpcode.Le => string.CompareOrdinal(left, right) <= 0,
        NbcOpcode.Gt => string.CompareOrdinal(left, right) > 0,
        _ => string.CompareOrdinal(left, right) >= 0,
    };

    private static NbcException NoNumber(in NbcScalar value, string wanted)
    {
        string text = value.ToString();
        return new NbcException(
            NbcErrorCode.NoSuchNumber, $"'{(text.Length > 40 ? text[..40] + "…" : text)}' is not {wanted}");
    }
}
