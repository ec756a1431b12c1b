using System.Text;

namespace Noodle.Cli.CommandLine;

/// <summary>Asks a person for a secret without showing it.</summary>
internal static class SecretPrompt
{
    private const int MaxLength = 4096;

    public static string Read(string question)
    {
        Console.Error.Write(question);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key && text.Length < MaxLength)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = int.Max(0, text.Length - 1);
            }
            else
            {
                text.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return text.ToString();
    }
}
