using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>Content outside the program that its constants lie in: as a rule a mapped model file.</summary>
public interface INbcBlobs
{
    /// <summary>The memory, which stays valid as long as the object lives; null when there is none.</summary>
    ForeignMemory? Find(string blob);
}
