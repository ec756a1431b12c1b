namespace Ahr.Backends.Conformance;

/// <summary>How far two numbers may lie apart and still count as equal: |a - b| at most absolute + relative * |b|.
/// </summary>
/// <param name="OfLargest">A further allowance as a part of the largest |b| of the tensor.</param>
public readonly record struct Tolerance(double Relative, double Absolute, double OfLargest = 0)
{
    /// <summary>That of ONNX's own backend tests.</summary>
    public static readonly Tolerance Onnx = new(1e-3, 1e-7);

    /// <summary>Noodle's own for float32 models: 1e-4 |b| + 1e-5 max |b|.</summary>
    public static readonly Tolerance Float32 = new(1e-4, 0, 1e-5);

    public bool Accepts(double actual, double expected, double largest) =>
        actual.Equals(expected) || actual == expected ||
        (double.IsFinite(actual) && double.IsFinite(expected) &&
            Math.Abs(actual - expected) <= Absolute + (Relative * Math.Abs(expected)) + (OfLargest * largest));
}
