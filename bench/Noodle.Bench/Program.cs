using Noodle.Bench;

using CancellationTokenSource interrupt = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupt.Cancel();
};
return await BenchCommand.RunAsync(args, Verbs.All, Console.Out, Console.Error, interrupt.Token);
