namespace NoodleNet.Link.Calls;

/// <summary>Lets retries be a fixed part of calls and no more: a failing mesh is not asked many times over.</summary>
/// <remarks>
/// Meaning: each call pays in its percentage of one retry, each retry takes a whole one.
/// Bound: at most the reserve is saved up: of n calls at most reserve + n * percent / 100 are retried.
/// </remarks>
public sealed class RetryBudget(int percent, int reserve)
{
    private const int Whole = 100;

    private readonly int _most = int.Max(reserve * Whole, percent > 0 ? Whole : 0);
    private int _saved = reserve * Whole;

    public void OnCall() => _saved = int.Min(_saved + percent, _most);

    /// <summary>Takes one retry if there is one.</summary>
    public bool TryTake()
    {
        if (_saved < Whole)
        {
            return false;
        }

        _saved -= Whole;
        return true;
    }
}
