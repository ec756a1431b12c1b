namespace NoodleNet.Mesh.Quality;

/// <summary>What is known of the way to one peer.</summary>
/// <param name="RoundTripMicroseconds">Smoothed; null before the first answer.</param>
/// <param name="LeastMicroseconds">The shortest round trip of the last two minutes.</param>
/// <param name="JitterMicroseconds">How much one round trip differs from the next.</param>
/// <param name="LossPermille">Probes without an answer, of a thousand, smoothed.</param>
/// <param name="BytesPerSecond">Of the middle transfer of the last ten minutes; null when there was none.</param>
/// <param name="BestBytesPerSecond">Of the fastest one.</param>
/// <param name="Samples">Round trips ever measured.</param>
/// <param name="Age">Since the last answer, or since the first probe when none came.</param>
/// <param name="Confidence">0 to 100, see <see cref="Quality.Confidence"/>.</param>
public readonly record struct LinkMeasure(
    long? RoundTripMicroseconds,
    long? LeastMicroseconds,
    long JitterMicroseconds,
    int LossPermille,
    long? BytesPerSecond,
    long? BestBytesPerSecond,
    long Samples,
    TimeSpan Age,
    int Confidence);
