using System.Globalization;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Assembly;

/// <summary>Reads types, tensors and attributes.</summary>
internal sealed class TensorTextReader(TokenReader tokens)
{
    public ElementType Element()
    {
        Token token = tokens.Expect(TokenKind.Word, "an element type");
        return ElementTypes.TryParseText(tokens.SpanOf(token), out ElementType type)
            ? type
            : throw tokens.FaultAt(token, "an element type");
    }

    public NbcType Type(int depth = 0)
    {
        if (depth == NbcType.MaxDepth)
        {
            throw tokens.Fault($"a type at most {NbcType.MaxDepth} deep");
        }

        if (tokens.TryTake("any"))
        {
            return NbcType.Any;
        }

        if (tokens.IsAt("seq") || tokens.IsAt("opt"))
        {
            bool isSequence = tokens.TryTake("seq") || !tokens.TryTake("opt");
            tokens.Expect("(");
            NbcType item = Type(depth + 1);
            tokens.Expect(")");
            return isSequence ? NbcType.Sequence(item) : NbcType.Optional(item);
        }

        if (tokens.TryTake("map"))
        {
            tokens.Expect("(");
            ElementType key = Element();
            tokens.Expect(",");
            NbcType value = Type(depth + 1);
            tokens.Expect(")");
            return NbcType.Map(key, value);
        }

        ElementType element = Element();
        int before = tokens.Position;
        tokens.Expect("[");
        if (tokens.TryTake("*"))
        {
            tokens.Expect("]");
            return NbcType.Unranked(element);
        }

        tokens.Position = before;
        return NbcType.Tensor(element, Sizes(-1));
    }

    /// <summary>Element type, shape, and the elements: <c>f32 [2] [1.0, 2.0]</c>, <c>f16 [1] hex "003c"</c>.</summary>
    public TensorValue Tensor()
    {
        ElementType type = Element();
        Token at = tokens.Next;
        long[] shape = Sizes(0);
        if (!Tensors.Tensor.TryCount(shape, out long count) || count > int.MaxValue)
        {
            throw tokens.FaultAt(at, "a shape of at most 2^31 - 1 elements");
        }

        at = tokens.Next;
        if (tokens.TryTake("hex"))
        {
            byte[] digits = tokens.Bytes("hexadecimal digits in quotes");
            long bytes = count * ElementTypes.SizeOf(type);
            if (type == ElementType.String || digits.Length != bytes * 2 || !digits.AsSpan().ContainsOnlyHex())
            {
                throw tokens.FaultAt(at, $"{bytes * 2} hexadecimal digits");
            }

            TensorValue raw = TensorValue.Allocate(type, shape);
            Convert.FromHexString(System.Text.Encoding.ASCII.GetString(digits)).CopyTo(raw.Bytes());
            return raw;
        }

        if (type == ElementType.String)
        {
            List<byte[]> texts = tokens.List(() => tokens.Bytes("a text"));
            CheckCount(at, texts.Count, count);
            return TensorValue.FromStrings([.. texts], shape);
        }

        List<Token> elements = tokens.List(NumberToken);
        CheckCount(at, elements.Count, count);
        TensorValue tensor = TensorValue.Allocate(type, shape);
        for (int i = 0; i < elements.Count; i++)
        {
            if (!ElementText.TryWrite(tensor, i, tokens.SpanOf(elements[i])))
            {
                throw tokens.FaultAt(elements[i], $"an element of {ElementTypes.TextOf(type)}");
            }
        }

        return tensor;
    }

    public KernelAttributes Attributes() => new(tokens.List(
        () =>
        {
            string name = tokens.Name("the name of an attribute");
            tokens.Expect("=");
            return new KeyValuePair<string, AttributeValue>(name, Attribute());
        }, "{", "}"));

    private AttributeValue Attribute()
    {
        const string What = "a number, text, list or tensor";
        if (tokens.TryTake("tensor"))
        {
            return Tensor();
        }

        if (tokens.TryTake("tensors"))
        {
            return AttributeValue.FromTensors([.. tokens.List(Tensor)]);
        }

        if (tokens.TryTake("ints"))
        {
            return tokens.List(() => tokens.Int()).ToArray();
        }

        if (tokens.TryTake("floats"))
        {
            return tokens.List(() => tokens.Float("a float")).ToArray();
        }

        if (tokens.TryTake("texts"))
        {
            return AttributeValue.FromTexts([.. tokens.List(() => tokens.Bytes("a text"))]);
        }

        return tokens.IsAt(TokenKind.Int) ? tokens.Int()
            : tokens.IsAt(TokenKind.Text) ? AttributeValue.FromText(tokens.Bytes(What))
            : tokens.IsAt("[") ? ListAttribute()
            : tokens.Float(What);
    }

    // What the first item is, all are.
    private AttributeValue ListAttribute()
    {
        int before = tokens.Position;
        tokens.Skip();
        tokens.SkipLines();
        bool isInt = tokens.IsAt(TokenKind.Int), isText = tokens.IsAt(TokenKind.Text), isFloat = tokens.IsAtFloat();
        if (!isInt && !isText && !isFloat)
        {
            throw tokens.Fault("an item (empty lists are ints [], floats [] or texts [])");
        }

        tokens.Position = before;
        return isInt ? tokens.List(() => tokens.Int()).ToArray()
            : isFloat ? tokens.List(() => tokens.Float("a float")).ToArray()
            : AttributeValue.FromTexts([.. tokens.List(() => tokens.Bytes("a text"))]);
    }

    private long[] Sizes(long least)
    {
        Token at = tokens.Next;
        List<long> sizes = tokens.List(() => tokens.Int(least, what: $"a size from {least} on"));
        return sizes.Count <= NbcType.MaxRank
            ? [.. sizes]
            : throw tokens.FaultAt(at, $"at most {NbcType.MaxRank} dimensions");
    }

    private Token NumberToken()
    {
        Token token = tokens.Next;
        tokens.Skip();
        return token.Kind is TokenKind.Int or TokenKind.Float or TokenKind.Word
            ? token
            : throw tokens.FaultAt(token, "a number, true or false");
    }

    private void CheckCount(Token at, int found, long count)
    {
        if (found != count)
        {
            throw tokens.FaultAt(at, string.Create(CultureInfo.InvariantCulture, $"a list of {count} elements"));
        }
    }
}
