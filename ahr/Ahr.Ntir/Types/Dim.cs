using System.Globalization;

namespace Ahr.Ntir.Types;

/// <summary>A size: a number, an expression of named symbols, or unknown.</summary>
/// <remarks>
/// Meaning: a polynomial over atoms; an atom is a symbol or one of floordiv, ceildiv, mod, max, min of two sizes.
/// Equal texts mean equal sizes, whatever the symbols stand for. <see cref="Unknown"/> equals itself as an object,
/// but two unknown sizes may differ: ask <see cref="IsSame"/>. Arithmetic with an unknown size is unknown.
/// Bound: an expression of more than <see cref="MostTerms"/> terms, or a number past 63 bits, becomes unknown.
/// </remarks>
public sealed class Dim : IEquatable<Dim>
{
    public const int MostTerms = 32;

    public static readonly Dim Unknown = new([], "?");

    // Sorted by monomial text; no coefficient is 0. The constant term has the empty monomial.
    private readonly (long Factor, Monomial Of)[] _terms;
    private readonly string _text;

    private Dim((long Factor, Monomial Of)[] terms, string text)
    {
        _terms = terms;
        _text = text;
    }

    public bool IsUnknown => ReferenceEquals(this, Unknown);

    public bool IsConstant => !IsUnknown && _terms is [] or [{ Of.IsOne: true }] && !IsUnknown;

    /// <summary>The number; only when <see cref="IsConstant"/>.</summary>
    public long Value => IsConstant
        ? _terms is [] ? 0 : _terms[0].Factor
        : throw new InvalidOperationException($"{this} is not a number");

    /// <summary>The name when this is one symbol and nothing else.</summary>
    public string? SymbolName => _terms is [{ Factor: 1, Of.OnlyAtom: { Name: { } name } }] ? name : null;

    public static implicit operator Dim(long value) => Make([(value, Monomial.One)]);

    /// <param name="name">Letters, digits, <c>_</c>, <c>.</c>; anything else becomes <c>_</c>.</param>
    public static Dim Symbol(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string clean = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '_'));
        return Make([(1, Monomial.Of(new Atom(char.IsAsciiDigit(clean[0]) ? "_" + clean : clean)))]);
    }

    public static Dim operator +(Dim left, Dim right) => left.IsUnknown || right.IsUnknown
        ? Unknown
        : Make(left._terms.Concat(right._terms));

    public static Dim operator -(Dim left, Dim right) => left + (right * -1);

    public static Dim operator *(Dim left, Dim right)
    {
        if (left is { IsConstant: true, Value: 0 } || right is { IsConstant: true, Value: 0 })
        {
            return 0;
        }

        if (left.IsUnknown || right.IsUnknown)
        {
            return Unknown;
        }

        List<(long, Monomial)> products = [];
        foreach ((long a, Monomial x) in left._terms)
        {
            foreach ((long b, Monomial y) in right._terms)
            {
                if (Math.BigMul(a, b, out long low) != (low < 0 ? -1 : 0))
                {
                    return Unknown;
                }

                products.Add((low, x * y));
            }
        }

        return Make(products);
    }

    /// <summary>Rounded down; unknown when divided by 0.</summary>
    public static Dim FloorDiv(Dim left, Dim right) => Divide(left, right, "floordiv", (a, b) =>
        (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));

    /// <summary>Rounded up; unknown when divided by 0.</summary>
    public static Dim CeilDiv(Dim left, Dim right) => Divide(left, right, "ceildiv", (a, b) =>
        (a / b) + (a % b != 0 && (a < 0) == (b < 0) ? 1 : 0));

    /// <summary>What <see cref="FloorDiv"/> leaves.</summary>
    public static Dim Mod(Dim left, Dim right) => left.Equals(right) && left is { IsConstant: false, IsUnknown: false }
        ? 0
        : Combine(left, right, "mod", (a, b) => b == 0 ? null : (((a % b) + b) % b));

    public static Dim Max(Dim left, Dim right) => IsSame(left, right)
        ? left
        : Combine(left, right, "max", (a, b) => Math.Max(a, b));

    public static Dim Min(Dim left, Dim right) => IsSame(left, right)
        ? left
        : Combine(left, right, "min", (a, b) => Math.Min(a, b));

    /// <summary>True when both are known to be equal.</summary>
    public static bool IsSame(Dim left, Dim right) => !left.IsUnknown && left.Equals(right);

    /// <summary>True when both are numbers and differ.</summary>
    public static bool IsDifferent(Dim left, Dim right) =>
        left.IsConstant && right.IsConstant && left.Value != right.Value;

    /// <summary>The size with symbols replaced by what is known of them; a symbol without value stays.</summary>
    public Dim Substitute(Func<string, Dim?> valueOf)
    {
        if (IsUnknown || IsConstant)
        {
            return this;
        }

        Dim sum = 0;
        foreach ((long factor, Monomial of) in _terms)
        {
            Dim product = factor;
            foreach (Atom atom in of.Atoms)
            {
                product *= atom.Substitute(valueOf);
            }

            sum += product;
        }

        return sum;
    }

    /// <summary>Names of all symbols in it, each once, in ordinal order.</summary>
    public IEnumerable<string> Symbols => new SortedSet<string>(
        _terms.SelectMany(term => term.Of.Atoms).SelectMany(atom => atom.Symbols), StringComparer.Ordinal);

    public bool Equals(Dim? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as Dim);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>As <see cref="DimText.TryParse"/> reads it: <c>2*batch + 1</c>; <c>?</c> when unknown.</summary>
    public override string ToString() => _text;

    internal static Dim? Function(string name, Dim left, Dim right) => name switch
    {
        "floordiv" => FloorDiv(left, right),
        "ceildiv" => CeilDiv(left, right),
        "mod" => Mod(left, right),
        "max" => Max(left, right),
        "min" => Min(left, right),
        _ => null,
    };

    // (k*x) / k is x when every coefficient can be divided; otherwise the quotient is an atom of its own.
    private static Dim Divide(Dim left, Dim right, string name, Func<long, long, long> divide)
    {
        if (right is { IsConstant: true, Value: not 0 } && !left.IsUnknown && !left.IsConstant &&
            left._terms.All(term => term.Factor % right.Value == 0))
        {
            return Make(left._terms.Select(term => (term.Factor / right.Value, term.Of)));
        }

        return left.Equals(right) && left is { IsConstant: false, IsUnknown: false }
            ? 1
            : Combine(left, right, name, (a, b) => b == 0 || (a == long.MinValue && b == -1) ? null : divide(a, b));
    }

    private static Dim Combine(Dim left, Dim right, string name, Func<long, long, long?> compute)
    {
        if (left.IsUnknown || right.IsUnknown)
        {
            return Unknown;
        }

        if (left.IsConstant && right.IsConstant)
        {
            return compute(left.Value, right.Value) is { } value ? value : Unknown;
        }

        bool swap = name is "max" or "min" && string.CompareOrdinal(left._text, right._text) > 0;
        return Make([(1, Monomial.Of(swap ? new Atom(name, right, left) : new Atom(name, left, right)))]);
    }

    private static Dim Make(IEnumerable<(long Factor, Monomial Of)> terms)
    {
        SortedDictionary<string, (Int128 Factor, Monomial Of)> sum = new(StringComparer.Ordinal);
        foreach ((long factor, Monomial of) in terms)
        {
            Int128 before = sum.TryGetValue(of.Text, out (Int128 Factor, Monomial Of) found) ? found.Factor : 0;
            sum[of.Text] = (before + factor, of);
        }

        (long, Monomial)[] kept = new (long, Monomial)[sum.Values.Count(term => term.Factor != 0)];
        int at = 0;
        foreach ((Int128 factor, Monomial of) in sum.Values.Where(term => term.Factor != 0))
        {
            if (factor > long.MaxValue || factor < -long.MaxValue)
            {
                return Unknown;
            }

            kept[at++] = ((long)factor, of);
        }

        return kept.Length > MostTerms ? Unknown : new Dim(kept, Print(kept));
    }

    private static string Print((long Factor, Monomial Of)[] terms)
    {
        System.Text.StringBuilder text = new();
        foreach ((long factor, Monomial of) in terms.OrderBy(term => term.Of.IsOne))
        {
            string size = Math.Abs(factor).ToString(CultureInfo.InvariantCulture);
            text.Append(text.Length == 0 ? factor < 0 ? "-" : "" : factor < 0 ? " - " : " + ");
            text.Append(of.IsOne ? size : Math.Abs(factor) == 1 ? of.Text : $"{size}*{of.Text}");
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    /// <summary>A symbol, or a function of two sizes that no polynomial expresses.</summary>
    private sealed class Atom
    {
        private readonly Dim? _left;
        private readonly Dim? _right;
        private readonly string _word;

        public Atom(string name)
        {
            _word = Name = Text = name;
        }

        public Atom(string function, Dim left, Dim right)
        {
            _word = function;
            _left = left;
            _right = right;
            Text = $"{function}({left}, {right})";
        }

        public string? Name { get; }

        public string Text { get; }

        public IEnumerable<string> Symbols => Name is { } name ? [name] : _left!.Symbols.Concat(_right!.Symbols);

        public Dim Substitute(Func<string, Dim?> valueOf) => Name is { } name
            ? valueOf(name) ?? Make([(1, Monomial.Of(this))])
            : Function(_word, _left!.Substitute(valueOf), _right!.Substitute(valueOf))!;
    }

    /// <summary>A product of atoms, sorted by text.</summary>
    private sealed class Monomial
    {
        public static readonly Monomial One = new([]);

        private Monomial(Atom[] atoms)
        {
            Atoms = atoms;
            Text = string.Join("*", atoms.Select(atom => atom.Text));
        }

        public Atom[] Atoms { get; }

        public string Text { get; }

        public bool IsOne => Atoms.Length == 0;

        public Atom? OnlyAtom => Atoms is [{ } atom] ? atom : null;

        public static Monomial Of(Atom atom) => new([atom]);

        public static Monomial operator *(Monomial left, Monomial right) =>
            new([.. left.Atoms.Concat(right.Atoms).OrderBy(atom => atom.Text, StringComparer.Ordinal)]);
    }
}
