namespace NoodleNet.Discovery.Wire;

/// <summary>LZW with 8-bit literals and codes of 9 to 12 bits, least significant bit first.</summary>
/// <remarks>
/// Meaning: code 256 clears the table, 257 ends the stream. The writer begins with a clear, and clears again when
/// code 4095 would be the next one. Cost: one pass; the table of the writer holds at most 3,837 strings.
/// Source: Welch, "A Technique for High-Performance Data Compression", 1984.
/// </remarks>
internal static class Lzw
{
    private const int Clear = 256;
    private const int End = 257;
    private const int FirstWidth = 9;
    private const int MaxWidth = 12;
    private const int LastCode = (1 << MaxWidth) - 1;

    public static byte[] Compress(ReadOnlySpan<byte> data)
    {
        var bits = new BitWriter(data.Length);
        var table = new Dictionary<int, int>();
        bits.Write(Clear, FirstWidth);
        int width = FirstWidth, high = End, code = -1;
        foreach (byte next in data)
        {
            if (code < 0)
            {
                code = next;
                continue;
            }

            if (table.TryGetValue((code << 8) | next, out int longer))
            {
                code = longer;
                continue;
            }

            bits.Write(code, width);
            if (Advance(bits, ref width, ref high, table))
            {
                table.Add((code << 8) | next, high);
            }

            code = next;
        }

        if (code >= 0)
        {
            bits.Write(code, width);
            Advance(bits, ref width, ref high, table);
        }

        bits.Write(End, width);
        return bits.ToArray();
    }

    /// <summary>
    /// Undoes <see cref="Compress"/>; false for a broken stream or more than <paramref name="maxBytes"/>.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> packed, int maxBytes, out byte[] data, out WireFault fault)
    {
        var decoder = new Decoder(maxBytes);
        fault = decoder.Run(packed);
        data = fault == WireFault.None ? decoder.ToArray() : [];
        return fault == WireFault.None;
    }

    // Takes the next code number; false when the table was cleared instead.
    private static bool Advance(BitWriter bits, ref int width, ref int high, Dictionary<int, int> table)
    {
        high++;
        if (high == 1 << width)
        {
            width++;
        }

        if (high != LastCode)
        {
            return true;
        }

        bits.Write(Clear, width);
        width = FirstWidth;
        high = End;
        table.Clear();
        return false;
    }

    private sealed class BitWriter(int expectedBytes)
    {
        private readonly List<byte> _bytes = new(expectedBytes + 8);
        private uint _pending;
        private int _count;

        public void Write(int code, int width)
        {
            _pending |= (uint)code << _count;
            for (_count += width; _count >= 8; _count -= 8)
            {
                _bytes.Add((byte)_pending);
                _pending >>= 8;
            }
        }

        public byte[] ToArray()
        {
            if (_count > 0)
            {
                _bytes.Add((byte)_pending);
                _count = 0;
            }

            return [.. _bytes];
        }
    }

    private sealed class Decoder(int maxBytes)
    {
        private readonly short[] _prefix = new short[LastCode + 1];
        private readonly byte[] _suffix = new byte[LastCode + 1];
        private readonly byte[] _scratch = new byte[LastCode + 1];
        private readonly List<byte> _output = [];
        private int _width, _high, _last;

        public byte[] ToArray() => [.. _output];

        public WireFault Run(ReadOnlySpan<byte> packed)
        {
            Reset();
            uint pending = 0;
            int count = 0, position = 0;
            while (true)
            {
                while (count < _width)
                {
                    if (position == packed.Length)
                    {
                        return WireFault.BadCompression;
                    }

                    pending |= (uint)packed[position++] << count;
                    count += 8;
                }

                int code = (int)(pending & ((1u << _width) - 1));
                pending >>= _width;
                count -= _width;
                if (code == End)
                {
                    return WireFault.None;
                }

                if (code == Clear)
                {
                    Reset();
                }
                else if (Take(code) is var fault and not WireFault.None)
                {
                    return fault;
                }
            }
        }

        private void Reset() => (_width, _high, _last) = (FirstWidth, End, -1);

        private WireFault Take(int code)
        {
            // A code that is just being defined stands for the last string and its own first byte again.
            bool own = code == _high && _last >= 0;
            if (code > _high)
            {
                return WireFault.BadCompression;
            }

            int at = own ? _last : code, depth = _scratch.Length;
            if (own)
            {
                depth--;
            }

            while (at > End)
            {
                _scratch[--depth] = _suffix[at];
                at = _prefix[at];
            }

            byte first = (byte)at;
            _scratch[--depth] = first;
            if (own)
            {
                _scratch[^1] = first;
            }

            if (_output.Count + _scratch.Length - depth > maxBytes)
            {
                return WireFault.TooLarge;
            }

            _output.AddRange(_scratch.AsSpan(depth));
            Define(code, first);
            return WireFault.None;
        }

        private void Define(int code, byte first)
        {
            if (_last >= 0)
            {
                _suffix[_high] = first;
                _prefix[_high] = (short)_last;
            }

            _last = code;
            _high++;
            if (_high < 1 << _width)
            {
                return;
            }

            if (_width < MaxWidth)
            {
                _width++;
            }
            else
            {
                _high--; // the table is full: nothing is defined until the next clear
                _last = -1;
            }
        }
    }
}
