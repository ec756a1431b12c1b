using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>RNN, GRU and LSTM one sequence after the other, as ONNX writes their equations.</summary>
internal sealed class RecurrentReference(
    string name, bool option, (int Steps, int Batch, int Inputs, int Hidden) sizes, int gates)
{
    public double[] Y { get; private set; } = [];

    public double[] H { get; private set; } = [];

    public double[] C { get; private set; } = [];

    public void Run(int d, bool reverse, int directions, NbcValue?[] operands)
    {
        (int steps, int batch, int inputs, int hidden) = sizes;
        double[] x = Given.Doubles(operands[0]), w = Given.Doubles(operands[1]), r = Given.Doubles(operands[2]);
        double[] bias = Or(operands, 3, directions * 2 * gates * hidden),
            start = Or(operands, 5, directions * batch * hidden);
        double[] cells = Or(operands, 6, directions * batch * hidden), peep = Or(operands, 7, directions * 3 * hidden);
        double[]? lengths = operands[4] is null ? null : Given.Doubles(operands[4]);
        if (d == 0)
        {
            Y = new double[steps * directions * batch * hidden];
            H = new double[directions * batch * hidden];
            C = new double[directions * batch * hidden];
        }

        for (int b = 0; b < batch; b++)
        {
            int state = ((d * batch) + b) * hidden;
            double[] h = start[state..(state + hidden)], c = cells[state..(state + hidden)];
            int length = (int)(lengths?[b] ?? steps);
            for (int n = 0; n < length; n++)
            {
                int t = reverse ? length - 1 - n : n;
                double In(int gate, int i) =>
                    Sum(inputs, k => x[(((t * batch) + b) * inputs)
                        + k] * w[(((d * gates * hidden) + (gate * hidden) + i) * inputs) + k])
                    + bias[(d * 2 * gates * hidden) + (gate * hidden) + i];
                double Back(int gate, int i, double[] from) =>
                    Sum(hidden, k => from[k] * r[(((d * gates * hidden) + (gate * hidden) + i) * hidden) + k])
                    + bias[(d * 2 * gates * hidden) + (gates * hidden) + (gate * hidden) + i];
                double Peep(int gate, int i, double cell) => peep[(d * 3 * hidden) + (gate * hidden) + i] * cell;
                (h, c) = Step(h, c, In, Back, Peep);
                h.CopyTo(Y, ((((t * directions) + d) * batch) + b) * hidden);
            }

            h.CopyTo(H, state);
            c.CopyTo(C, state);
        }
    }

    private (double[] H, double[] C) Step(
        double[] h, double[] c, Func<int, int, double> x, Func<int, int, double[], double> back,
        Func<int, int, double, double> peep)
    {
        double[] next = new double[h.Length], cell = [.. c];
        double[] reset = [.. h.Select((value, i) => name == "gru" ? Sigmoid(x(1, i) + back(1, i, h)) : 0)];
        for (int i = 0; i < h.Length; i++)
        {
            switch (name)
            {
                case "rnn":
                    next[i] = Math.Tanh(x(0, i) + back(0, i, h));
                    break;
                case "gru":
                    double z = Sigmoid(x(0, i) + back(0, i, h));
                    double past = option
                        ? reset[i] * back(2, i, h) : back(2, i, [.. h.Zip(reset, (value, gate) => value * gate)]);
                    next[i] = ((1 - z) * Math.Tanh(x(2, i) + past)) + (z * h[i]);
                    break;
                default:
                    double open = Sigmoid(x(0, i) + back(0, i, h) + peep(0, i, c[i]));
                    double keep = option ? 1 - open : Sigmoid(x(2, i) + back(2, i, h) + peep(2, i, c[i]));
                    cell[i] = (keep * c[i]) + (open * Math.Tanh(x(3, i) + back(3, i, h)));
                    next[i] = Sigmoid(x(1, i) + back(1, i, h) + peep(1, i, cell[i])) * Math.Tanh(cell[i]);
                    break;
            }
        }

        return (next, cell);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Sum(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term);

    private static double[] Or(NbcValue?[] operands, int i, int count) =>
        i < operands.Length && operands[i] is { } value ? Given.Doubles(value) : new double[count];
}
