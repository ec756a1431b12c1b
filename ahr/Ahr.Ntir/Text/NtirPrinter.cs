using System.Globalization;
using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;

namespace Ahr.Ntir.Text;

/// <summary>Writes a module in MLIR's generic form, dialect <c>ntir</c>.</summary>
/// <remarks>Meaning: <see cref="NtirParser"/> reads back the same module; so does MLIR, as unregistered operations.
/// docs/ntir.md is the specification.</remarks>
public sealed class NtirPrinter
{
    /// <summary>Of the text form.</summary>
    public const int Version = 1;

    private readonly StringBuilder _text = new();
    private readonly NtirTextOptions _options;
    private readonly Dictionary<NtirValue, string> _names = new(ReferenceEqualityComparer.Instance);
    private int _next;

    private NtirPrinter(NtirTextOptions options) => _options = options;

    public static string Print(NtirModule module, NtirTextOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        NtirPrinter printer = new(options ?? new NtirTextOptions());
        printer.PrintModule(module);
        return printer._text.ToString();
    }

    private void PrintModule(NtirModule module)
    {
        _text.Append("\"ntir.module\"() ({\n");
        foreach (NtirFunction function in module.Functions)
        {
            _names.Clear();
            _next = 0;
            _text.Append("  \"ntir.function\"() (");
            PrintRegion(function.Body, 2);
            _text.Append(") {sym_name = ");
            AttributeText.Quote(_text, Encoding.UTF8.GetBytes(function.Name));
            if (function == module.Main && module.OutputNames.Count > 0)
            {
                _text.Append(", output_names = ");
                PrintTexts(module.OutputNames);
            }

            PrintParameterNames([function.Body], ", ");
            _text.Append("} : () -> ()\n");
        }

        _text.Append(CultureInfo.InvariantCulture, $"}}) {{version = {Version}");
        foreach ((string name, string value) in module.Metadata)
        {
            _text.Append(", ");
            AttributeText.Quote(_text, Encoding.UTF8.GetBytes("meta." + name));
            _text.Append(" = ");
            AttributeText.Quote(_text, Encoding.UTF8.GetBytes(value));
        }

        _text.Append("} : () -> ()\n");
    }

    private void PrintRegion(NtirRegion region, int indent)
    {
        string margin = new(' ', indent);
        _text.Append("{\n").Append(margin).Append("^bb0(");
        for (int i = 0; i < region.Parameters.Count; i++)
        {
            NtirValue parameter = region.Parameters[i];
            _text.Append(i > 0 ? ", " : "").Append(NewName(parameter)).Append(": ");
            TypeText.Print(_text, parameter.Type);
        }

        _text.Append("):\n");
        if (NeedsNone(region))
        {
            // Every region names its own, so that a region stands by itself.
            _text.Append(margin).Append("  ").Append(NoneOf(indent)).Append(" = \"ntir.none\"() : () -> ")
                .Append(TypeText.None).Append('\n');
        }

        foreach (NtirOp op in region.Ops)
        {
            PrintOp(op, indent + 2);
        }

        _text.Append(margin).Append("  \"ntir.yield\"(").AppendJoin(", ", region.Results.Select(NameOf));
        _text.Append(") : (");
        PrintTypes(region.Results.Select(value => value.Type));
        _text.Append(") -> ()\n").Append(margin).Append('}');
    }

    private void PrintOp(NtirOp op, int indent)
    {
        _text.Append(' ', indent);
        if (op.Results.Count > 0)
        {
            _text.AppendJoin(", ", op.Results.Select(NewName)).Append(" = ");
        }

        AttributeText.Quote(_text, Encoding.UTF8.GetBytes("ntir." + op.Name));
        _text.Append('(').AppendJoin(", ", op.Operands.Select(operand =>
            operand is null ? NoneOf(indent - 2) : NameOf(operand))).Append(')');
        for (int i = 0; i < op.Regions.Count; i++)
        {
            _text.Append(i == 0 ? " (" : ", ");
            PrintRegion(op.Regions[i], indent);
        }

        _text.Append(op.Regions.Count > 0 ? ")" : "");
        PrintAttributes(op);
        _text.Append(" : (");
        for (int i = 0; i < op.Operands.Count; i++)
        {
            _text.Append(i > 0 ? ", " : "");
            PrintType(op.Operands[i]?.Type);
        }

        _text.Append(") -> (");
        PrintTypes(op.Results.Select(result => result.Type));
        _text.Append(')');
        PrintLocation(op.Location);
        _text.Append('\n');
    }

    private void PrintAttributes(NtirOp op)
    {
        int start = _text.Length;
        string open = " {";
        foreach ((string name, AttributeValue value) in op.Attributes.All)
        {
            _text.Append(open);
            PrintAttributeName(name);
            _text.Append(" = ");
            AttributeText.Print(_text, value, _options);
            open = ", ";
        }

        if (op.FusionGroup is { } group)
        {
            _text.Append(open).Append(CultureInfo.InvariantCulture, $"ntir.group = {group}");
            open = ", ";
        }

        if (op.Results.Any(result => result.Name is not null))
        {
            _text.Append(open).Append("ntir.names = ");
            PrintTexts(op.Results.Select(result => result.Name ?? ""));
            open = ", ";
        }

        PrintParameterNames(op.Regions, open);
        _text.Append(_text.Length > start ? "}" : "");
    }

    private void PrintAttributeName(string name)
    {
        if (name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') &&
            name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$'))
        {
            _text.Append(name);
        }
        else
        {
            AttributeText.Quote(_text, Encoding.UTF8.GetBytes(name));
        }
    }

    private void PrintParameterNames(IReadOnlyList<NtirRegion> regions, string open)
    {
        if (regions.SelectMany(region => region.Parameters).Any(parameter => parameter.Name is not null))
        {
            _text.Append(open).Append("ntir.parameters = ");
            PrintTexts(regions.SelectMany(region => region.Parameters).Select(parameter => parameter.Name ?? ""));
        }
    }

    private void PrintLocation(SourceLocation location)
    {
        if (!_options.WithLocations || location == SourceLocation.None)
        {
            return;
        }

        _text.Append(" loc(");
        AttributeText.Quote(_text, Encoding.UTF8.GetBytes(location.Path));
        if (location.Kind.Length > 0)
        {
            _text.Append('(');
            AttributeText.Quote(_text, Encoding.UTF8.GetBytes(location.Kind));
            _text.Append(')');
        }

        _text.Append(')');
    }

    private void PrintTypes(IEnumerable<NtirType> types)
    {
        string between = "";
        foreach (NtirType type in types)
        {
            _text.Append(between);
            PrintType(type);
            between = ", ";
        }
    }

    private void PrintType(NtirType? type)
    {
        if (type is null)
        {
            _text.Append(TypeText.None);
        }
        else
        {
            TypeText.Print(_text, type);
        }
    }

    private void PrintTexts(IEnumerable<string> texts) =>
        AttributeText.List(_text, [.. texts.Select(Encoding.UTF8.GetBytes)]);

    private static bool NeedsNone(NtirRegion region) =>
        region.Ops.Any(op => op.Operands.Any(operand => operand is null));

    private static string NoneOf(int indent) => string.Create(CultureInfo.InvariantCulture, $"%none{indent}");

    private string NewName(NtirValue value)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"%{_next++}");
        _names[value] = name;
        return name;
    }

    private string NameOf(NtirValue value) => _names.TryGetValue(value, out string? name)
        ? name
        : throw new InvalidOperationException($"{value} is used before it is made; the verifier says where");
}
