namespace Noodle.Cli.Inputs;

/// <summary>An input cannot be used; the message is one sentence that names the file and the way out.</summary>
internal sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
