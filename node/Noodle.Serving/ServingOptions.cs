using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Noodle.Serving;

/// <summary>How the Open Inference Protocol is served.</summary>
public sealed class ServingOptions
{
    /// <summary>The name that <c>GET /v2</c> tells, 1 to 128 characters.</summary>
    [Required, StringLength(128)]
    public string ServerName { get; set; } = "noodle";

    /// <summary>The version that <c>GET /v2</c> tells, 1 to 128 characters.</summary>
    [Required, StringLength(128)]
    public string ServerVersion { get; set; } = typeof(ServingOptions).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Largest request body in bytes, 1 KiB to 1 GiB; counts before and after inflating, and for tensors
    /// decoded from JSON.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Largest JSON part of an answer in bytes, 1 KiB to 1 GiB; larger results must be asked for as
    /// binary.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxResponseJsonBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Memory in bytes for all requests that are held at once, 1 MiB to 1 TiB; beyond it requests get
    /// 503.</summary>
    [Range(1024L * 1024, 1024L * 1024 * 1024 * 1024)]
    public long MaxBufferedBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Time for a call that names none, 1 ms to 1 h; counted from the moment its body is there.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan DefaultTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time that a call may ask for, 1 ms to 1 day; a longer wish is cut to it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan MaxTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time in which a body must arrive, 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromMinutes(2);
}

[OptionsValidator]
internal sealed partial class ServingOptionsValidator : IValidateOptions<ServingOptions>;
