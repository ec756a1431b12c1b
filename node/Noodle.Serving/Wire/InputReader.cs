using Nbc.Tensors;

namespace Noodle.Serving.Wire;

/// <summary>Reads one element of <c>inputs</c>.</summary>
/// <param name="what">How sentences call it while its name is not known.</param>
internal struct InputReader(string what)
{
    private string _what = what;
    private string? _name;
    private string? _datatype;
    private long[]? _shape;
    private Range _data;
    private int? _binarySize;
    private bool _hasName, _hasType, _hasShape, _hasParameters, _hasData;

    /// <summary>Reads from behind the opening brace to the closing one, and adds the input.</summary>
    public void Read(ref JsonWalk walk, List<InputHead> inputs)
    {
        while (walk.ReadMember())
        {
            ReadMember(ref walk);
        }

        if (walk.Fault is null && Check(ref walk, inputs) is { } input)
        {
            inputs.Add(input);
        }
    }

    private void ReadMember(ref JsonWalk walk)
    {
        if (walk.Is("name"u8))
        {
            HeadReader.Once(ref walk, ref _hasName, "name", _what);
            _name = HeadReader.ReadText(ref walk, _what, "name");
            _what = string.IsNullOrEmpty(_name) ? _what : $"input '{PlainText.Clean(_name)}'";
        }
        else if (walk.Is("datatype"u8))
        {
            HeadReader.Once(ref walk, ref _hasType, "datatype", _what);
            _datatype = HeadReader.ReadText(ref walk, _what, "datatype");
        }
        else if (walk.Is("shape"u8))
        {
            HeadReader.Once(ref walk, ref _hasShape, "shape", _what);
            _shape = ReadShape(ref walk);
        }
        else if (walk.Is("parameters"u8))
        {
            HeadReader.Once(ref walk, ref _hasParameters, "parameters", _what);
            ReadParameters(ref walk);
        }
        else if (walk.Is("data"u8))
        {
            HeadReader.Once(ref walk, ref _hasData, "data", _what);
            if (walk.Fault is null)
            {
                walk.TrySkipData(_what, out _data);
            }
        }
        else
        {
            walk.Skip();
        }
    }

    private readonly long[] ReadShape(ref JsonWalk walk)
    {
        HeadReader.StartArray(ref walk, $"\"shape\" of {_what}");
        var shape = new List<long>(4);
        while (walk.ReadElement())
        {
            if (!walk.TryGetInteger(out long size) || size < 0)
            {
                walk.Fail($"\"shape\" of {_what} holds something other than whole numbers from 0 to 2^63 - 1");
            }
            else if (shape.Count == InferHead.MaxRank)
            {
                walk.Fail($"\"shape\" of {_what} has more than {InferHead.MaxRank} dimensions");
            }

            shape.Add(size);
        }

        return [.. shape];
    }

    private void ReadParameters(ref JsonWalk walk)
    {
        HeadReader.StartObject(ref walk, $"\"parameters\" of {_what}");
        while (walk.ReadMember())
        {
            if (walk.Is("binary_data_size"u8))
            {
                if (walk.Read() && walk.TryGetInteger(out long size) && size is >= 0 and <= int.MaxValue)
                {
                    _binarySize = (int)size;
                }
                else
                {
                    walk.Fail($"parameter 'binary_data_size' of {_what} is not a whole number from 0 to 2^31 - 1");
                }
            }
            else if (HeadReader.IsSharedMemory(ref walk))
            {
                walk.Fail($"{_what} asks for shared memory, which is not supported; send the data");
            }
            else
            {
                HeadReader.SkipParameter(ref walk);
            }
        }
    }

    private readonly InputHead? Check(ref JsonWalk walk, List<InputHead> inputs)
    {
        string? name = _name;
        if (string.IsNullOrEmpty(name))
        {
            walk.Fail($"{_what} has no name");
        }
        else if (inputs.Exists(other => string.Equals(other.Name, name, StringComparison.Ordinal)))
        {
            walk.Fail($"{_what} already exists in request");
        }
        else if (_datatype is null)
        {
            walk.Fail($"{_what} has no datatype");
        }
        else if (!ElementTypes.TryParse(_datatype, out ElementType type))
        {
            walk.Fail($"datatype '{PlainText.Clean(_datatype)}' of {_what} is not known");
        }
        else if (_shape is null)
        {
            walk.Fail($"{_what} has no shape");
        }
        else if (_hasData == _binarySize.HasValue)
        {
            walk.Fail(_hasData
                ? $"{_what} has both data and binary_data_size; send one"
                : $"{_what} has neither data nor binary_data_size");
        }
        else
        {
            return new InputHead(name, type, _shape, _data, _binarySize);
        }

        return null;
    }
}
