namespace Ahr.Runtime;

/// <summary>What is known of models that are not ready yet on other nodes.</summary>
public interface IModelProgress
{
    /// <summary>True when some alive node fetches or loads the model now, or is about to.</summary>
    /// <remarks>When that changes, <see cref="ModelHost.Changes"/> is to be raised.</remarks>
    bool IsBeingLoaded(DeployedModel model);
}
