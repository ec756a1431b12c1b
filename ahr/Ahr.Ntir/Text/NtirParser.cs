using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;

namespace Ahr.Ntir.Text;

/// <summary>A module read from text or bytes, or why there is none.</summary>
/// <param name="Module">Null when there is a fault.</param>
public readonly record struct NtirReadResult(NtirModule? Module, Diagnostic? Fault);

/// <summary>Reads what <see cref="NtirPrinter"/> writes.</summary>
/// <remarks>
/// Meaning: the form is checked, not the sense; that is the verifier's work.
/// Bound: texts to <see cref="LongestText"/> characters, regions nested to <see cref="DeepestNesting"/>; memory grows
/// with the text alone, since every tensor is written out or lies elsewhere.
/// </remarks>
public sealed class NtirParser
{
    public const int LongestText = 1 << 30;
    public const int DeepestNesting = 64;

    private readonly Scanner _scanner;
    private readonly INtirContent? _content;
    private readonly Dictionary<string, NtirValue> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);
    private readonly List<string> _defined = [];

    private NtirParser(string text, INtirContent? content)
    {
        _scanner = new Scanner(text);
        _content = content;
    }

    /// <param name="content">Where tensors lie that the text names by their hash; null when it names none.</param>
    public static NtirReadResult Parse(string text, INtirContent? content = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestText)
        {
            return new NtirReadResult(null, new Diagnostic(
                NtirFault.TooLarge, "line 1, column 1", $"a text has at most {LongestText} characters"));
        }

        NtirParser parser = new(text, content);
        NtirModule? module = parser.ParseModule();
        return parser._scanner.Fault is { } fault
            ? new NtirReadResult(null, fault)
            : new NtirReadResult(module, null);
    }

    private NtirModule? ParseModule()
    {
        NtirModule module = new();
        if (!_scanner.Expect("\"ntir.module\"() ({"))
        {
            return null;
        }

        bool isFirst = true;
        while (!_scanner.TryTake("})"))
        {
            if (!ParseFunction(module, isFirst))
            {
                return null;
            }

            isFirst = false;
        }

        if (isFirst || ParseAttributes() is not { } attributes || !_scanner.Expect(": () -> ()"))
        {
            return _scanner.Fail<NtirModule>("a module has at least one function");
        }

        if (attributes.GetValueOrDefault("version") is not { Kind: AttributeKind.Int, Int: NtirPrinter.Version })
        {
            return _scanner.Fail<NtirModule>($"this program reads version = {NtirPrinter.Version}");
        }

        foreach ((string name, AttributeValue value) in attributes)
        {
            if (name.StartsWith("meta.", StringComparison.Ordinal) && value.Kind == AttributeKind.Text)
            {
                module.Metadata[name["meta.".Length..]] = value.Text;
            }
        }

        return _scanner.IsAtEnd ? module : _scanner.Fail<NtirModule>("something follows the module");
    }

    private bool ParseFunction(NtirModule module, bool isFirst)
    {
        NtirFunction parsed = new("");
        if (!_scanner.Expect("\"ntir.function\"() (") || !ParseRegion(parsed.Body, 0) || !_scanner.Expect(")") ||
            ParseAttributes() is not { } attributes || !_scanner.Expect(": () -> ()"))
        {
            return false;
        }

        string name = ValueNames.TextOf(attributes, "sym_name");
        if (isFirst != (name == NtirModule.MainName) || name.Length == 0)
        {
            _scanner.Fail<object>($"the first function, and no other, is {NtirModule.MainName}");
            return false;
        }

        NtirFunction function = isFirst ? module.Main : module.AddFunction(name);
        parsed.Body.MoveTo(function.Body);
        if (isFirst)
        {
            module.OutputNames.AddRange(ValueNames.TextsOf(attributes, "output_names"));
        }

        return ValueNames.OfParameters(_scanner, [function.Body], attributes);
    }

    private bool ParseRegion(NtirRegion region, int depth)
    {
        if (depth > DeepestNesting)
        {
            _scanner.Fail<object>($"regions nest to at most {DeepestNesting}", NtirFault.TooLarge);
        }

        if (!_scanner.Expect("{") || !_scanner.Expect("^bb0("))
        {
            return false;
        }

        int scope = _defined.Count;

        while (!_scanner.TryTake("):"))
        {
            if ((region.Parameters.Count > 0 && !_scanner.Expect(",")) || ParseName() is not { } name ||
                !_scanner.Expect(":") || TypeText.Parse(_scanner) is not { } type ||
                !Define(name, region.AddParameter(type)))
            {
                return false;
            }
        }

        while (!_scanner.TryTake("\"ntir.yield\"("))
        {
            if (!ParseOp(region, depth))
            {
                return false;
            }
        }

        if (ParseOperands() is not { } results || results.Contains(null) || !_scanner.Expect(": (") ||
            ParseTypes() is null || !_scanner.Expect("-> ()"))
        {
            return _scanner.Fail<object>("a region ends with the values that it gives") is not null;
        }

        results.ForEach(result => region.AddResult(result!));
        LeaveScope(scope);
        return _scanner.Expect("}");
    }

    // Names that a region gave mean nothing outside, and may be given again.
    private void LeaveScope(int scope)
    {
        foreach (string name in _defined.Skip(scope))
        {
            _values.Remove(name);
            _absent.Remove(name);
        }

        _defined.RemoveRange(scope, _defined.Count - scope);
    }

    private bool ParseOp(NtirRegion region, int depth)
    {
        List<string> names = [];
        while (_scanner.IsAt('%'))
        {
            if (ParseName() is not { } name || !_scanner.Expect(_scanner.IsAt(',') ? "," : "="))
            {
                return false;
            }

            names.Add(name);
        }

        if (_scanner.TryTake("\"ntir.none\"() : () -> !ntir.none"))
        {
            return names.TrueForAll(name => IsNew(name) && _absent.Add(name));
        }

        if (ParseKind() is not { } kind || !_scanner.Expect("(") || ParseOperands() is not { } operands)
        {
            return false;
        }

        // Regions come before the types in the text, and an operation wants its types first.
        List<NtirRegion> regions = [];
        if (!ParseRegions(regions, depth) || ParseAttributes() is not { } attributes || !_scanner.Expect(": (") ||
            ParseTypes() is not { } operandTypes || !_scanner.Expect("-> (") || ParseTypes() is not { } types)
        {
            return false;
        }

        if (types.Count != names.Count || operandTypes.Count != operands.Count)
        {
            return _scanner.Fail<object>(
                $"{kind} has {names.Count} results and {operands.Count} operands, with {types.Count} and " +
                $"{operandTypes.Count} types") is not null;
        }

        NtirOp op = Make(kind, operands, types, attributes);
        regions.ForEach(each => each.MoveTo(op.AddRegion()));
        region.Add(op);
        return ParseLocation(op) && ValueNames.OfResults(_scanner, op, attributes) &&
            ValueNames.OfParameters(_scanner, op.Regions, attributes) &&
            names.Zip(op.Results).All(pair => Define(pair.First, pair.Second));
    }

    private string? ParseKind()
    {
        string? kind = _scanner.TakeText() is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        return kind is not null && kind.StartsWith("ntir.", StringComparison.Ordinal)
            ? kind["ntir.".Length..]
            : _scanner.Fail<string>("an operation is \"ntir.name\"");
    }

    private static NtirOp Make(
        string kind, List<NtirValue?> operands, List<NtirType?> types, Dictionary<string, AttributeValue> attributes)
    {
        NtirOp op = new(
            kind,
            operands,
            types.Select(type => type ?? NtirType.Unknown),
            new KernelAttributes(attributes.Where(pair => !pair.Key.StartsWith("ntir.", StringComparison.Ordinal))));
        if (attributes.GetValueOrDefault("ntir.group") is { Kind: AttributeKind.Int } group)
        {
            op.FusionGroup = (int)group.Int;
        }

        return op;
    }

    private bool ParseRegions(List<NtirRegion> regions, int depth)
    {
        if (!_scanner.TryTake("("))
        {
            return true;
        }

        do
        {
            regions.Add(new NtirRegion(null));
            if (!ParseRegion(regions[^1], depth + 1))
            {
                return false;
            }
        }
        while (_scanner.TryTake(","));
        return _scanner.Expect(")");
    }

    private bool ParseLocation(NtirOp op)
    {
        if (!_scanner.TryTake("loc("))
        {
            return true;
        }

        byte[]? kind = [];
        byte[]? path = _scanner.TakeText();
        if (_scanner.TryTake("("))
        {
            kind = _scanner.TakeText();
            _scanner.Expect(")");
        }

        if (path is null || kind is null || !_scanner.Expect(")"))
        {
            return false;
        }

        op.Location = new SourceLocation(Encoding.UTF8.GetString(path), Encoding.UTF8.GetString(kind));
        return true;
    }

    private string? ParseName() => _scanner.Expect("%") && _scanner.TakeWord() is { Length: > 0 } name
        ? name
        : _scanner.Fail<string>("a value is %name");

    private List<NtirValue?>? ParseOperands()
    {
        List<NtirValue?> operands = [];
        while (!_scanner.TryTake(")"))
        {
            if ((operands.Count > 0 && !_scanner.Expect(",")) || ParseName() is not { } name)
            {
                return null;
            }

            if (_absent.Contains(name))
            {
                operands.Add(null);
            }
            else if (_values.TryGetValue(name, out NtirValue? value))
            {
                operands.Add(value);
            }
            else
            {
                return _scanner.Fail<List<NtirValue?>>($"%{name} is used before it is made", NtirFault.NotDominated);
            }
        }

        return operands;
    }

    // Null entries are !ntir.none.
    private List<NtirType?>? ParseTypes()
    {
        List<NtirType?> types = [];
        while (!_scanner.TryTake(")"))
        {
            if (types.Count > 0 && !_scanner.Expect(","))
            {
                return null;
            }

            if (_scanner.TryTake(TypeText.None))
            {
                types.Add(null);
            }
            else if (TypeText.Parse(_scanner) is { } type)
            {
                types.Add(type);
            }
            else
            {
                return null;
            }
        }

        return types;
    }

    private Dictionary<string, AttributeValue>? ParseAttributes()
    {
        Dictionary<string, AttributeValue> attributes = new(StringComparer.Ordinal);
        if (!_scanner.TryTake("{"))
        {
            return attributes;
        }

        while (!_scanner.TryTake("}"))
        {
            if (attributes.Count > 0 && !_scanner.Expect(","))
            {
                return null;
            }

            string name = _scanner.IsAt('"') && _scanner.TakeText() is { } quoted
                ? Encoding.UTF8.GetString(quoted)
                : _scanner.TakeWord();
            if (name.Length == 0 || !_scanner.Expect("=") || AttributeText.Parse(_scanner, _content) is not { } value)
            {
                return _scanner.Fail<Dictionary<string, AttributeValue>>("an attribute is name = value");
            }

            if (!attributes.TryAdd(name, value))
            {
                return _scanner.Fail<Dictionary<string, AttributeValue>>($"attribute {name} stands twice");
            }
        }

        return attributes;
    }

    private bool Define(string name, NtirValue value) => IsNew(name) && _values.TryAdd(name, value);

    private bool IsNew(string name)
    {
        if (_values.ContainsKey(name) || _absent.Contains(name))
        {
            return _scanner.Fail<object>($"%{name} is made twice") is not null;
        }

        _defined.Add(name);
        return true;
    }
}
