using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Signal;

/// <summary>Picture files and the pixels that the decoders give that people compare with.</summary>
public sealed class PictureTests
{
    /// <summary>Files that libjpeg wrote, and what it reads from them.</summary>
    public static TheoryData<string, int, int, string, string> Jpegs => new()
    {
        {
            "quarter", 9, 7,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB" +
            "RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P" +
            "T09PT09PT09PT09PT0//wAARCAAHAAkDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAfEAABAgYDAAAAAAAA" +
            "AAAAAAABAAIDBAURUaESFUH/xAAUAQEAAAAAAAAAAAAAAAAAAAAE/8QAGhEBAAMAAwAAAAAAAAAAAAAAAQACAwQxQf/aAAwD" +
            "AQACEQMRAD8AmlKKyDIWDRyiWbfA90CqOgbjQREffk6eMPfa7YF6Cf/Z",
            "BABIOxNrYABmhQV2kBaDkzWViVmjOiRiQzVqERBURSZ0aQ5ulyCGpTeYq1ese1eVRTlpWVJ8HjBgS0B4di54p0aXt1+pvH+7" +
            "YFB3UVhyUV5vJktlUFl6gU+CrmWcuHmotZCxRU1YXX16YoN6K2dnVnR+jXWNrX+broydm5KVP2FQaaKCb6Z/OIJxXo2DnJeb" +
            "rZSarqCdgI98UYphbLmBbbN3RJd5Y52FpKyhq6GYsrejbItpbbZ+Yrx2fM+B"
        },
        {
            "half", 7, 5,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwg" +
            "IyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo" +
            "KCgoKCgoKCgoKCgoKCj/wAARCAAFAAcDASEAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAfEAABAgYDAAAAAAAA" +
            "AAAAAAABAgQAAwUREiEGIjH/xAAVAQEBAAAAAAAAAAAAAAAAAAAABP/EACERAAIBAwMFAAAAAAAAAAAAAAECEQMEQQUhUQAG" +
            "EhNx/9oADAMBAAIRAxEAPwCBQaC2p/HJjhtZM/EYqKQbdkg6PuiYRRUvQarL6lJEbmSTKg4Ycxn7gL7uLUdPWjStqnipQGIU" +
            "7yRkHjr/2Q==",
            "AAdnHAxuUAVsgA9fqCFCySg69DlYCRouNCZJbSNenCZ+uSid2Dmw5kamJS5lRzd+czKamUKzo1OyoG/aQUjUL0pbUVFzhEyT" +
            "s124w2XDw5TLLWFKLFxzV2mXk2m/wHekyXor0q87O3g1"
        },
        {
            "full, progressive", 5, 5,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQ" +
            "ERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU" +
            "FBQUFBQUFBQUFBQUFBT/wgARCAAFAAUDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABUBAQEAAAAAAAAAAAAA" +
            "AAAAAAEG/9oADAMBAAIQAxAAAAERpP/EABYQAQEBAAAAAAAAAAAAAAAAAAQFAv/aAAgBAQABBQKXIPgv/8QAGBEAAgMAAAAA" +
            "AAAAAAAAAAAAAgMABTH/2gAIAQMBAT8Bp2GSdn//xAAeEQABBAEFAAAAAAAAAAAAAAACAwUREgABMUFRYf/aAAgBAgEBPwF0" +
            "dhbxTM073nmNo817z//EABcQAAMBAAAAAAAAAAAAAAAAAAACESL/2gAIAQEABj8CXNp//8QAFRABAQAAAAAAAAAAAAAAAAAA" +
            "AQD/2gAIAQEAAT8hVmX/2gAMAwEAAgADAAAAED//xAAXEQADAQAAAAAAAAAAAAAAAAAAARHB/9oACAEDAQE/EHNKJNP/xAAX" +
            "EQEBAQEAAAAAAAAAAAAAAAARcQCR/9oACAECAQE/EHPo3QYDf//EABgQAAIDAAAAAAAAAAAAAAAAAAERAGHh/9oACAEBAAE/" +
            "EGdFAEhs/9k=",
            "AABeKAhdVQ1ZcBRdpxxfEBleNiRUYyVufTB2tDZ/GTFXPzhsazyMiUuWvUy4KExiTVV5eluXnGTFzV/SNmNeXG19iG63rHfT" +
            "1YkR"
        },
        {
            "quarter, progressive", 9, 6,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1R" +
            "V19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj" +
            "Y2NjY2NjY2NjY2NjY2P/wgARCAAGAAkDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAID/8QAFQEBAQAAAAAAAAAA" +
            "AAAAAAAAAQL/2gAMAwEAAhADEAAAAcqCf//EABgQAAIDAAAAAAAAAAAAAAAAAAECAAMT/9oACAEBAAEFAlrATIT/xAAVEQEB" +
            "AAAAAAAAAAAAAAAAAAABAP/aAAgBAwEBPwFW/8QAFhEBAQEAAAAAAAAAAAAAAAAAAgAB/9oACAECAQE/AWtv/8QAFRABAQAA" +
            "AAAAAAAAAAAAAAAAEHH/2gAIAQEABj8Cp//EABgQAAIDAAAAAAAAAAAAAAAAAAARIWHw/9oACAEBAAE/IbxAwj//2gAMAwEA" +
            "AgADAAAAEPP/xAAYEQEAAwEAAAAAAAAAAAAAAAABABFBwf/aAAgBAwEBPxByF4dn/8QAGBEAAgMAAAAAAAAAAAAAAAAAAREA" +
            "IfD/2gAIAQIBAT8QYo5Cf//EABoQAAICAwAAAAAAAAAAAAAAAAARAaExYZH/2gAIAQEAAT8QgSWBK7TNtD//2Q==",
            "FQVGLgNdWwCFeACCmyRofixchHm+Ky5zUylXIBhRQB1vcBmbkCGasUR+n1d8d3ayOUWBcFFzHyhPRjZ1ejSkn0CouFyDt4CT" +
            "UGKKO1uBX1FeIz9UTk99gU6rpVqvtm2BvpuZMldqQnWGcXdtOGVoXnKNkXG8s3q+uYODuKmSNG9rVp+YhqGAQ3p0ZIGTmoTF" +
            "vo/GuI2EmZVyR4t+X7KgeZ5y"
        },
        {
            "grey", 6, 4,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEEx" +
            "NDk7Pj4+JS5ESUM8SDc9Pjv/wAALCAAEAAYBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABsQAAEEAwAAAAAAAAAAAAAA" +
            "AAEAAwQHFSJC/9oACAEBAAA/AFatgsYo6cBf/9k=",
            "AAAAKSkpT09PdHR0pKSkxcXFCwsLNTU1XFxcgICAsbGx0tLSGhoaRUVFa2trkJCQwMDA4eHhJCQkT09PdXV1mZmZysrK6+vr"
        },
        {
            "quarter, two samples wide", 3, 3,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
            "LDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
            "MjIyMjIyMjIyMjIyMjL/wAARCAADAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAaEAACAgMAAAAAAAAA" +
            "AAAAAAAABAECAyMy/8QAFQEBAQAAAAAAAAAAAAAAAAAABAX/xAAXEQEBAQEAAAAAAAAAAAAAAAABAAMS/9oADAMBAAIRAxEA" +
            "PwCFTRWlPFpryACzMzXgv//Z",
            "CAA5HRJOOhteHBFNMSZiTzBzLSNfQjh0YEOF"
        },
        {
            "half as high, with restarts", 18, 5,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
            "LDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
            "MjIyMjIyMjIyMjIyMjL/wAARCAAFABIDARIAAhEBAxEB/8QAFwABAAMAAAAAAAAAAAAAAAAAAAQFBv/EACMQAAIBAwIHAQAA" +
            "AAAAAAAAAAECAAMEBRJBBhETIzFCodL/xAAYAQACAwAAAAAAAAAAAAAAAAACAwQFBv/EACQRAAECBgIBBQAAAAAAAAAAAAEC" +
            "AwAEERIhMQWRQTKhsdHw/90ABAAB/9oADAMBAAIRAxEAPwCoxeCtKGDdkUanULzK7EgH4TEOamXUOsJSfVdXA8Up+EODq08Y" +
            "6UkjXuoA9iP/0JlHBWoSytQFIZ9ZYoD4A/RiLZcWZ91kqNotpk+QCc73FfyL7gal0g4Nx6pT5Mf/0dnS4fsOknb9RuYmGE8+" +
            "RsdD6iWlRtGY/9k=",
            "EQIpABpdMB9MpgBilyNguxl8zEWHFS1rOT+XVUFmrzWYlkiUuGyIAEyUHl55VlezfHUkmoI4HhVKFy93RTlrthWHsD9/1juj" +
            "vFOVKUyGR1WEa19pxFWXvXKryI6dKXyuRYyIfoy9hn87pIxQIChzKkGPU1CHtDuvu1SZ41bHgFaVL2SWSmhCcnlPvWpmzISY" +
            "oo6FKIuRPZZSeZ96pqN6xLCPLkJ9Q1WVYmKerVrGxWaG7G64Rlt6MnmZYoZWjJtywYVJ352Fe5NvLZyJRaNVfrSCs7d80cSQ" +
            "PGRcXm6FeXOxqnjN0X9N+Yx4I3pYRJWZepahnrC6wqE67rNlWKVfPrifYL+Vl9LYs8hJ0NVf"
        },
        {
            "a third, repeated", 7, 3,
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp" +
            "LDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
            "MjIyMjIyMjIyMjIyMjL/wAARCAADAAcDAUEAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAcEAACAgIDAAAAAAAA" +
            "AAAAAAACAwABBREEMUH/xAAVAQEBAAAAAAAAAAAAAAAAAAAEBv/EAB4RAAEDBAMAAAAAAAAAAAAAAAMBAhEABAVxBiFR/9oA" +
            "DAMBAAIRAxEAPwCWwqFcbCtepYCwRHRa33dV7ERLAGNtSDR72Sq7o9zyLJW5VEIsNSI6b5qv/9k=",
            "JwA7Ow5POw5PUyZnpwpbxSh50DOEUwA4bQVSdw9cli572SGB9Dyc9DycFDODLEubNlWlTm29amnPdHPZVlW7"
        },
        {
            "red, green and blue", 4, 4,
            "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSww" +
            "MTQ0NB8nOT04MjwuMzQy/8AAEQgABAAEA1IRAEcRAEIRAP/EABYAAAMAAAAAAAAAAAAAAAAAAAQFBv/EACIQAAECAwkAAAAA" +
            "AAAAAAAAAAUDBAABAgYSExYhIiMx8P/aAAwDUgBHAEIAAD8AGscPb5bb7PaRDtgI/BlwwyAgR7wSkssjerq7nH//2Q==",
            "AAFZKAdZUA5aeRRbCxhaNB5jXCZvhSt4GjZcQztwa0OLlEmdJElcTU95dVaenly2"
        },
    };

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void A_jpeg_file_gives_the_same_pixels_to_the_bit(
        string kind, int width, int height, string file, string pixels)
    {
        TensorValue picture = Run("image_decoder", Row(Convert.FromBase64String(file)));
        Assert.Equal([height, width, 3], picture.Shape.ToArray());
        Assert.True(Convert.FromBase64String(pixels).AsSpan().SequenceEqual(picture.Span<byte>()), kind);
    }

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void A_cut_or_broken_jpeg_file_is_refused_or_read(
        string kind, int width, int height, string file, string pixels)
    {
        byte[] bytes = Convert.FromBase64String(file);
        for (int length = 0; length < bytes.Length - 2; length++)
        {
            Assert.True(Try(bytes[..length]) is null or { Fault: KernelFault.Unsupported }, $"{kind} cut at {length}");
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte value in (ReadOnlySpan<byte>)[0, 0xFF])
            {
                byte[] broken = [.. bytes];
                broken[i] = value;
                Assert.True(
                    Try(broken) is null or { Fault: KernelFault.Unsupported or KernelFault.TooLarge },
                    $"{kind} of {width} by {height} and {pixels.Length} broken at {i}");
            }
        }
    }

    public static TheoryData<string, byte[], byte[]> Maps => new()
    {   // file              pixels, of which there are two
        { "P1 2 1 0 1", [], [255, 255, 255, 0, 0, 0] },
        { "P1\n# 5 5\n2 1\n10", [], [0, 0, 0, 255, 255, 255] },
        { "P2 2 1 15 0 7", [], [0, 0, 0, 119, 119, 119] },
        { "P3 2 1 255 1 2 3 4 5 6", [], [1, 2, 3, 4, 5, 6] },
        { "P4 2 1\n", [0x40], [255, 255, 255, 0, 0, 0] },
        { "P5 2 1 255\n", [9, 8], [9, 9, 9, 8, 8, 8] },
        { "P6 2 1 255\n", [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6] },
    };

    [Theory]
    [MemberData(nameof(Maps))]
    public void A_portable_map_gives_its_numbers(string start, byte[] rest, byte[] pixels)
    {
        byte[] file = [.. start.Select(c => (byte)c), .. rest];
        Is(Run("image_decoder", Row(file)), [1, 2, 3], pixels);
        Assert.Equal(KernelFault.Unsupported, Try(file[..^(rest.Length == 0 ? 2 : 1)])?.Fault);
    }

    [Theory]
    [InlineData("P2 2 1 65535 0 7", "16-bit portable map")]
    [InlineData("P2 2 1 0 0 7", "damaged")]
    [InlineData("P2 0 1 255 0 7", "damaged")]
    [InlineData("P2 x", "damaged")]
    public void A_portable_map_of_another_kind_is_refused(string file, string says) =>
        Assert.Contains(says, Try([.. file.Select(c => (byte)c)])!.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(false, 2, 3, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(true, 2, 3, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(false, 2, 4, new byte[] { 1, 2, 3, 5, 6, 7 })]
    [InlineData(false, 1, 1, new byte[] { 1, 1, 1, 2, 2, 2 })]
    [InlineData(true, 0, 1, new byte[] { 254, 254, 254, 253, 253, 253 })]
    public void A_tiff_file_gives_its_samples(bool isBig, int meaning, int samples, byte[] pixels)
    {
        byte[] file = TiffFile(isBig, (262, meaning), (277, samples));
        Is(Run("image_decoder", Row(file)), [2, 1, 3], pixels);
        for (int length = 4; length < file.Length - 8; length++)
        {
            Assert.True(Try(file[..length]) is null or { Fault: KernelFault.Unsupported }, $"cut at {length}");
        }
    }

    [Theory]
    [InlineData(259, 5, "compression 5")]
    [InlineData(322, 16, "tiles")]
    [InlineData(284, 2, "planes")]
    [InlineData(258, 16, "8 bits")]
    [InlineData(262, 3, "palettes")]
    [InlineData(273, 4000, "damaged")]
    [InlineData(256, 0, "damaged")]
    public void A_tiff_file_of_another_kind_is_refused(int tag, int value, string says) =>
        Assert.Contains(says, Try(TiffFile(false, (tag, value)))!.Message, StringComparison.Ordinal);

    // Two pixels, one below the other, each in a strip; samples count from 1.
    private static byte[] TiffFile(bool isBig, params (int Tag, int Value)[] others)
    {
        SortedDictionary<int, int> fields = new()
        {
            [256] = 1, [257] = 2, [258] = 8, [259] = 1, [262] = 2, [273] = 0, [277] = 3, [278] = 1,
        };
        Array.ForEach(others, other => fields[other.Tag] = other.Value);
        int samples = fields[277], data = 8 + 2 + (12 * fields.Count) + 4;
        List<byte> file = [];
        void Put(int value, int size)
        {
            for (int i = 0; i < size; i++)
            {
                file.Add((byte)(value >> (8 * (isBig ? size - 1 - i : i))));
            }
        }

        file.AddRange(isBig ? "MM"u8 : "II"u8);
        Put(42, 2);
        Put(8, 4);
        Put(fields.Count, 2);
        foreach ((int tag, int value) in fields)
        {
            bool isPlaces = tag == 273 && value == 0;
            Put(tag, 2);
            Put(isPlaces ? 4 : 3, 2);
            Put(isPlaces ? 2 : 1, 4);
            Put(isPlaces ? data : value, isPlaces ? 4 : 2);
            Put(0, isPlaces ? 0 : 2);
        }

        Put(0, 4);
        Put(data + 8, 4);
        Put(data + 8 + samples, 4);
        file.AddRange(Enumerable.Range(1, 8).Select(i => (byte)i));
        return [.. file];
    }

    private static KernelException? Try(byte[] file)
    {
        try
        {
            Run("image_decoder", Row(file));
            return null;
        }
        catch (KernelException refused)
        {
            return refused;
        }
    }
}
