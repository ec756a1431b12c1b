namespace Nbc.Kernels.Signal.Images;

/// <summary>JPEG files of one or three channels, sequential or progressive, with Huffman codes and 8 bits.</summary>
/// <remarks>
/// Bound: the pixels of <see cref="Picture"/>.
/// Accuracy: bit for bit what libjpeg gives with its defaults, from which ONNX's test values come.
/// Source: ITU-T T.81.
/// </remarks>
internal ref struct Jpeg(ReadOnlySpan<byte> bytes)
{
    private const int Baseline = 0xC0, Extended = 0xC1, Progressive = 0xC2, Codes = 0xC4, Start = 0xD8, End = 0xD9,
        Scan = 0xDA, Quantisation = 0xDB, Restarts = 0xDD, Adobe = 0xEE;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int[][] _steps = [new int[64], new int[64], new int[64], new int[64]];
    private readonly JpegCode[] _constants = new JpegCode[4], _waves = new JpegCode[4];
    private JpegComponent[] _components = [];
    private int _width, _height, _interval, _mostAcross, _mostDown;
    private bool _isProgressive, _isPlainRgb, _hasScan;

    public static bool Starts(ReadOnlySpan<byte> bytes) => bytes is [0xFF, Start, 0xFF, ..];

    /// <returns>Null for a file of a kind that is not read here, such as one of four channels.</returns>
    /// <exception cref="KernelException">It is damaged or too large.</exception>
    public static Picture? Decode(ReadOnlySpan<byte> bytes) => new Jpeg(bytes).Decode();

    private Picture? Decode()
    {
        int place = 2;
        while (true)
        {
            int marker = Marker(ref place);
            if (marker == End)
            {
                return _hasScan ? Finish() : throw Picture.Damaged();
            }

            if (marker is (>= 0xD0 and <= 0xD7) or 1)
            {
                continue; // stands alone
            }

            int length = place + 1 < _bytes.Length ? (_bytes[place] << 8) | _bytes[place + 1] : 0;
            if (length < 2 || length > _bytes.Length - place)
            {
                throw Picture.Damaged();
            }

            ReadOnlySpan<byte> part = _bytes.Slice(place + 2, length - 2);
            place += length;
            if (marker == Scan)
            {
                place = ReadScan(part, place);
            }
            else if (!ReadPart(marker, part))
            {
                return null;
            }
        }
    }

    private readonly int Marker(ref int place)
    {
        while (place + 1 < _bytes.Length)
        {
            if (_bytes[place] == 0xFF && _bytes[place + 1] is not (0 or 0xFF))
            {
                place += 2;
                return _bytes[place - 1];
            }

            place++;
        }

        throw Picture.Damaged();
    }

    // False for a kind of file that is not read here.
    private bool ReadPart(int marker, ReadOnlySpan<byte> part)
    {
        switch (marker)
        {
            case Baseline or Extended or Progressive:
                _isProgressive = marker == Progressive;
                return ReadFrame(part);
            case Codes:
                ReadCodes(part);
                return true;
            case >= 0xC3 and <= 0xCF and not 0xC8:
                return false; // without loss, or with arithmetic codes
            case Quantisation:
                ReadSteps(part);
                return true;
            case Restarts:
                _interval = (part[0] << 8) | part[1];
                return true;
            case Adobe when part.Length >= 12 && part.StartsWith("Adobe"u8):
                _isPlainRgb = part[11] == 0;
                return true;
            default:
                return true;
        }
    }

    private bool ReadFrame(ReadOnlySpan<byte> part)
    {
        int count = part[5];
        if (_components.Length > 0)
        {
            throw Picture.Damaged();
        }

        if (part[0] != 8 || count is not (1 or 3))
        {
            return false;
        }

        (_height, _width) = ((part[1] << 8) | part[2], (part[3] << 8) | part[4]);
        Picture.CheckSize(_width, _height);
        _components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = part.Slice(6 + (3 * i), 3);
            JpegComponent component = new(entry[0], entry[1] >> 4, entry[1] & 15, entry[2]);
            if (component.Across is < 1 or > 4 || component.Down is < 1 or > 4 || component.Table > 3)
            {
                throw Picture.Damaged();
            }

            _components[i] = component;
            _mostAcross = Math.Max(_mostAcross, component.Across);
            _mostDown = Math.Max(_mostDown, component.Down);
        }

        foreach (JpegComponent component in _components)
        {
            if (_mostAcross % component.Across != 0 || _mostDown % component.Down != 0)
            {
                return false;
            }

            component.Allocate(_width, _height, _mostAcross, _mostDown);
        }

        return true;
    }

    private readonly void ReadSteps(ReadOnlySpan<byte> part)
    {
        while (!part.IsEmpty)
        {
            int size = (part[0] >> 4) + 1;
            int[] steps = _steps[part[0] & 15];
            for (int i = 0; i < 64; i++)
            {
                int at = 1 + (i * size);
                steps[JpegScan.Order[i]] = size == 1 ? part[at] : (part[at] << 8) | part[at + 1];
            }

            part = part[(1 + (64 * size))..];
        }
    }

    private readonly void ReadCodes(ReadOnlySpan<byte> part)
    {
        while (!part.IsEmpty)
        {
            ReadOnlySpan<byte> counts = part.Slice(1, 16);
            int total = 0;
            foreach (byte count in counts)
            {
                total += count;
            }

            JpegCode[] codes = (part[0] >> 4) == 0 ? _constants : _waves;
            codes[part[0] & 15] = JpegCode.Of(counts, part.Slice(17, total));
            part = part[(17 + total)..];
        }
    }

    private int ReadScan(ReadOnlySpan<byte> part, int place)
    {
        int count = part[0];
        JpegComponent[] components = new JpegComponent[count];
        ReadOnlySpan<byte> last = part.Slice(1 + (2 * count), 3);
        JpegScan scan = _isProgressive
            ? new JpegScan(last[0], last[1], last[2] >> 4, last[2] & 15, true)
            : new JpegScan(0, 63, 0, 0, false);
        for (int i = 0; i < count; i++)
        {
            int id = part[1 + (2 * i)], tables = part[2 + (2 * i)];
            components[i] = Array.Find(_components, component => component.Id == id) ?? throw Picture.Damaged();
            components[i].Last = 0;
            (components[i].Constants, components[i].Waves) = (_constants[tables >> 4], _waves[tables & 15]);
            bool needsConstants = scan.First == 0 && scan.Before == 0;
            bool needsWaves = !scan.IsProgressive || scan.First > 0;
            if ((needsConstants && !components[i].Constants.IsGiven) || (needsWaves && !components[i].Waves.IsGiven))
            {
                throw Picture.Damaged();
            }
        }

        bool isLegal = count > 0 && scan.Last < 64 && scan.First <= scan.Last && scan.Low < 14 && (!_isProgressive
            || (scan.First == 0 ? scan.Last == 0 : count == 1));
        if (!isLegal)
        {
            throw Picture.Damaged();
        }

        JpegBits bits = new(_bytes, place);
        scan.Read(
            ref bits, components, JpegComponent.DivideUp(_width, 8 * _mostAcross),
            JpegComponent.DivideUp(_height, 8 * _mostDown), _interval);
        _hasScan = true;
        return bits.Place;
    }

    private readonly Picture Finish()
    {
        Picture picture = Picture.Allocate(_width, _height);
        byte[][] channels = new byte[_components.Length][];
        for (int i = 0; i < channels.Length; i++)
        {
            JpegComponent component = _components[i];
            channels[i] = JpegColours.Stretch(
                component, component.Samples(_steps[component.Table]), component.BlocksAcross * 8,
                (_mostAcross / component.Across, _mostDown / component.Down), _width, _height);
        }

        bool isRgb = channels.Length == 3
            && (_isPlainRgb || (_components[0].Id == 'R' && _components[1].Id == 'G' && _components[2].Id == 'B'));
        if (channels.Length == 3 && !isRgb)
        {
            JpegColours.FromYcc(channels[0], channels[1], channels[2], picture.Pixels);
            return picture;
        }

        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = channels[i % 3 % channels.Length][i / 3];
        }

        return picture;
    }
}
