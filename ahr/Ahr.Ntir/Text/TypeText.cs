using System.Text;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Text;

/// <summary>Types as MLIR's generic form writes them.</summary>
/// <remarks>
/// <code>
/// tensor&lt;2x?xf32, ["", "seq + 1"]>   the list names sizes that are symbols; left out when there are none
/// tensor&lt;*xf32>                       unknown rank
/// !ntir.sequence&lt;T> !ntir.optional&lt;T> !ntir.map&lt;si64, T> !ntir.unknown !ntir.none
/// </code>
/// Element types that MLIR lacks are <c>!ntir.NAME</c>.
/// </remarks>
internal static class TypeText
{
    public const string None = "!ntir.none";
    public const int DeepestNesting = 16;

    private static readonly HashSet<ElementType> s_own =
    [
        ElementType.Float8E8M0, ElementType.Float4E2M1, ElementType.Float8E4M3FN, ElementType.Float8E4M3FNUZ,
        ElementType.Float8E5M2, ElementType.Float8E5M2FNUZ,
    ];

    public static void Print(StringBuilder text, NtirType type)
    {
        switch (type)
        {
            case TensorType tensor:
                Print(text, tensor);
                break;
            case SequenceType sequence:
                Wrap(text, "!ntir.sequence<", sequence.Element);
                break;
            case OptionalType optional:
                Wrap(text, "!ntir.optional<", optional.Element);
                break;
            case MapType map:
                text.Append("!ntir.map<").Append(Element(map.Key)).Append(", ");
                Print(text, map.Value);
                text.Append('>');
                break;
            default:
                text.Append("!ntir.unknown");
                break;
        }
    }

    public static string Element(ElementType type)
    {
        string name = type == ElementType.Undefined ? "undefined" : ElementTypes.TextOf(type);
        return s_own.Contains(type) || type == ElementType.Undefined ? "!ntir." + name : name;
    }

    /// <summary>Null when what stands there is no type; the scanner then has a fault.</summary>
    public static NtirType? Parse(Scanner scanner, int depth = 0)
    {
        if (depth > DeepestNesting)
        {
            return scanner.Fail<NtirType>($"types nest to at most {DeepestNesting}");
        }

        if (scanner.TryTake("tensor<"))
        {
            return ParseTensor(scanner);
        }

        if (scanner.TryTake("!ntir.unknown"))
        {
            return NtirType.Unknown;
        }

        if (scanner.TryTake("!ntir.sequence<"))
        {
            return Parse(scanner, depth + 1) is { } item && scanner.Expect(">") ? new SequenceType(item) : null;
        }

        if (scanner.TryTake("!ntir.optional<"))
        {
            return Parse(scanner, depth + 1) is { } item && scanner.Expect(">") ? new OptionalType(item) : null;
        }

        if (scanner.TryTake("!ntir.map<"))
        {
            return ParseElement(scanner) is { } key && scanner.Expect(",") && Parse(scanner, depth + 1) is { } value &&
                scanner.Expect(">")
                ? new MapType(key, value)
                : null;
        }

        return scanner.Fail<NtirType>("expected a type");
    }

    public static ElementType? ParseElement(Scanner scanner)
    {
        bool isOwn = scanner.TryTake("!ntir.");
        string name = scanner.TakeWhile(c => char.IsAsciiLetterOrDigit(c));
        if (name == "complex")
        {
            name += scanner.TakeWhile(c => c is '<' or '>' || char.IsAsciiLetterOrDigit(c), 5);
        }

        string full = isOwn && name == "string" ? "!ntir.string" : name;
        bool isType = ElementTypes.TryParseText(full, out ElementType type) || (isOwn && name == "undefined");
        if (!isType || Element(type) != (isOwn ? "!ntir." + name : name))
        {
            scanner.Fail<object>($"{name} is no element type");
            return null;
        }

        return type;
    }

    private static void Wrap(StringBuilder text, string open, NtirType item)
    {
        text.Append(open);
        Print(text, item);
        text.Append('>');
    }

    private static void Print(StringBuilder text, TensorType tensor)
    {
        text.Append("tensor<");
        if (tensor.Shape is not { } shape)
        {
            text.Append("*x").Append(Element(tensor.Element)).Append('>');
            return;
        }

        foreach (Dim dim in shape)
        {
            text.Append(IsNumber(dim) ? dim.ToString() : "?").Append('x');
        }

        text.Append(Element(tensor.Element));
        if (shape.Any(dim => !IsNumber(dim) && !dim.IsUnknown))
        {
            text.Append(", [").AppendJoin(", ", shape.Select(dim =>
                IsNumber(dim) || dim.IsUnknown ? "\"\"" : $"\"{dim}\"")).Append(']');
        }

        text.Append('>');
    }

    private static bool IsNumber(Dim dim) => dim is { IsConstant: true, Value: >= 0 };

    private static TensorType? ParseTensor(Scanner scanner)
    {
        if (scanner.TryTake("*x"))
        {
            return ParseElement(scanner) is { } open && scanner.Expect(">") ? new TensorType(open, null) : null;
        }

        List<Dim> dims = [];
        while (scanner.TakeSize() is { } size)
        {
            dims.Add(size < 0 ? Dim.Unknown : size);
        }

        if (ParseElement(scanner) is not { } element || (scanner.TryTake(",") && !ParseNames(scanner, dims)))
        {
            return null;
        }

        return scanner.Expect(">") ? new TensorType(element, new SymbolicShape(dims)) : null;
    }

    private static bool ParseNames(Scanner scanner, List<Dim> dims)
    {
        if (!scanner.Expect("["))
        {
            return false;
        }

        for (int i = 0; i < dims.Count; i++)
        {
            if ((i > 0 && !scanner.Expect(",")) || scanner.TakeText() is not { } bytes)
            {
                return false;
            }

            string text = Encoding.UTF8.GetString(bytes);
            if (text.Length == 0)
            {
                continue;
            }

            if (DimText.TryParse(text) is not { } dim)
            {
                scanner.Fail<object>($"'{text}' is no size");
                return false;
            }

            dims[i] = dim;
        }

        return scanner.Expect("]");
    }
}
