using System.Text;
using Spectre.Console;

namespace Noodle.Cli.Output;

/// <summary>Prints tables: framed on a terminal, aligned columns for programs.</summary>
/// <param name="output">Where to.</param>
/// <param name="framed">True on a terminal.</param>
/// <param name="coloured">True where colours are welcome.</param>
internal sealed class TablePrinter(TextWriter output, bool framed, bool coloured)
{
    private const string Gap = "  ";

    /// <summary>A printer for standard output; honours NO_COLOR (https://no-color.org).</summary>
    public static TablePrinter ForConsole() => new(
        Console.Out,
        framed: !Console.IsOutputRedirected,
        coloured: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    /// <summary>Prints rows under headings; cells may hold any text.</summary>
    /// <param name="rows">Each as long as the headings.</param>
    public void Print(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (framed)
        {
            PrintFramed(headings, rows);
        }
        else
        {
            PrintPlain(headings, rows);
        }
    }

    private void PrintFramed(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = coloured ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = coloured ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(SafeText.Clean(heading), new Style(decoration: Decoration.Bold))));
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            // Text, not Markup: a name may be "[red]".
            table.AddRow(row.Select(cell => new Text(SafeText.Clean(cell))));
        }

        console.Write(table);
    }

    private void PrintPlain(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        List<string[]> lines =
        [
            [.. headings.Select(heading => SafeText.Clean(heading).ToUpperInvariant())],
            .. rows.Select(row => row.Select(SafeText.Clean).ToArray()),
        ];
        int[] widths = [.. headings.Select((_, column) => lines.Max(line => line[column].Length))];
        foreach (string[] line in lines)
        {
            StringBuilder text = new();
            for (int column = 0; column < line.Length; column++)
            {
                text.Append(line[column].PadRight(widths[column])).Append(Gap);
            }

            output.WriteLine(text.ToString().TrimEnd());
        }
    }
}
