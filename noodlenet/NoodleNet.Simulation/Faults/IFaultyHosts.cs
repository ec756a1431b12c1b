namespace NoodleNet.Simulation.Faults;

/// <summary>Hosts that things happen to. A fault that does not apply, such as a crash of who is down, does nothing.
/// </summary>
public interface IFaultyHosts
{
    int Count { get; }

    void Crash(int host);

    void Restart(int host, bool keepsState);

    void Freeze(int host, TimeSpan length);

    void Slow(int host, TimeSpan by);

    void Drift(int host, int ppm);

    void Leave(int host);

    void Change(int host);
}
