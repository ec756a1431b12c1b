using System.Text.Json;

namespace Noodle.Serving.Wire;

/// <summary>Walks over JSON, and can step over a <c>data</c> array without reading it as JSON.</summary>
/// <remarks>
/// Why: clients write NaN and Infinity as bare tokens, which <see cref="Utf8JsonReader"/> refuses, and a tensor is
/// decoded faster by a reader that knows its element type. So the array is skipped here and decoded by
/// <see cref="DataReader"/>. The first fault is kept, and every step after it does nothing.
/// </remarks>
internal ref struct JsonWalk(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private Utf8JsonReader _reader = new(json);
    private int _base;

    /// <summary>What is wrong, in one sentence; null when nothing is.</summary>
    public string? Fault { get; private set; }

    public readonly JsonTokenType Token => _reader.TokenType;

    /// <summary>The token as it stands in the JSON; a string without its quotes.</summary>
    public readonly ReadOnlySpan<byte> Raw => _reader.ValueSpan;

    /// <summary>Where <see cref="Raw"/> of a string begins in the whole.</summary>
    public readonly int RawStart => _base + (int)_reader.TokenStartIndex + 1;

    /// <summary>Keeps the first fault. Always false.</summary>
    public bool Fail(string sentence)
    {
        Fault ??= sentence;
        return false;
    }

    /// <summary>Goes to the next token; false at the end or after a fault.</summary>
    public bool Read()
    {
        try
        {
            return Fault is null && _reader.Read();
        }
        catch (JsonException)
        {
            return FailMalformed();
        }
    }

    /// <summary>Goes to the next member of an object; false at its end.</summary>
    public bool ReadMember() => Read() && Token == JsonTokenType.PropertyName;

    /// <summary>Goes to the next element of an array; false at its end.</summary>
    public bool ReadElement() => Read() && Token != JsonTokenType.EndArray;

    /// <summary>Goes over the value of the current member, or over the current value.</summary>
    public void Skip()
    {
        try
        {
            if (Fault is null)
            {
                _reader.Skip();
            }
        }
        catch (JsonException)
        {
            FailMalformed();
        }
    }

    /// <summary>True when the current name or string is exactly this.</summary>
    public readonly bool Is(ReadOnlySpan<byte> text) => _reader.ValueTextEquals(text);

    /// <summary>The current string, unescaped.</summary>
    public bool TryGetText(out string text)
    {
        text = "";
        try
        {
            text = _reader.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            return Fail($"a string near byte {RawStart} is not valid Unicode");
        }
    }

    /// <summary>The current number, when it is a whole one of 64 bits.</summary>
    public readonly bool TryGetInteger(out long value)
    {
        value = 0;
        return Token == JsonTokenType.Number && _reader.TryGetInt64(out value);
    }

    /// <summary>Steps over the array that is the value of the current member.</summary>
    /// <param name="what">Whose data it is, for the sentence.</param>
    public bool TrySkipData(string what, out Range data)
    {
        data = default;
        int start = _base + (int)_reader.BytesConsumed;
        while (start < _json.Length && _json[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }

        if (start >= _json.Length || _json[start] != (byte)'[')
        {
            return Fail($"data of {what} is not an array");
        }

        int end = FindArrayEnd(start, out bool tooDeep);
        if (end < 0)
        {
            return Fail(tooDeep
                ? $"data of {what} is nested deeper than {InferHead.MaxDataDepth}"
                : $"data of {what} has no end");
        }

        // The reader goes on behind the array as if an empty string had stood there.
        var stand = new Utf8JsonReader("\"\""u8, isFinalBlock: false, _reader.CurrentState);
        stand.Read();
        _reader = new Utf8JsonReader(_json[end..], isFinalBlock: true, stand.CurrentState);
        _base = end;
        data = start..end;
        return true;
    }

    private readonly int FindArrayEnd(int start, out bool tooDeep)
    {
        tooDeep = false;
        int depth = 0;
        int at = start;
        while (true)
        {
            int step = _json[at..].IndexOfAny((byte)'[', (byte)']', (byte)'"');
            if (step < 0)
            {
                return -1;
            }

            at += step + 1;
            switch (_json[at - 1])
            {
                case (byte)'[' when ++depth > InferHead.MaxDataDepth:
                    tooDeep = true;
                    return -1;
                case (byte)']' when --depth == 0:
                    return at;
                case (byte)'"':
                    int length = DataReader.FindStringEnd(_json[at..]);
                    if (length < 0)
                    {
                        return -1;
                    }

                    at += length + 1;
                    break;
            }

            if (at >= _json.Length)
            {
                return -1;
            }
        }
    }

    private bool FailMalformed() => Fail($"the JSON is malformed near byte {_base + _reader.BytesConsumed}");
}
