namespace Noodle.Cli.Inputs;

/// <summary>What reading of inputs needs beside the arguments.</summary>
/// <param name="StandardInput">Opens what <c>-</c> stands for; not closed.</param>
/// <param name="Scale">
/// Factor from a pixel's 0 to 255 to what the model gets; null for 1/255 into floats and 1 into UINT8.
/// </param>
internal sealed record InputOptions(Func<Stream> StandardInput, double? Scale = null);
