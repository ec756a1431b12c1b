using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ahr.Runtime;
using NoodleNet.Mesh.Requirements;

namespace Noodle.Node.Routing;

/// <summary>Reads what a call requires, before anything is chosen by it.</summary>
internal static class CallRequirement
{
    /// <summary>The call as it is to be routed: its requirement in the one spelling, its time no longer than the level
    /// of service allows.</summary>
    /// <param name="fault">What is wrong with the requirement, one sentence.</param>
    public static bool TryApply(InferenceCall call, out InferenceCall applied, [NotNullWhen(false)] out string? fault)
    {
        (applied, fault) = (call, null);
        if (call.Requirement is not { Length: > 0 } text)
        {
            return true;
        }

        if (RequirementParser.Parse(text, out RequirementError? error) is not { } requirement)
        {
            fault = $"the requirement cannot be read: {error!.Message}";
            return false;
        }

        if (requirement.Replicas is { } replicas)
        {
            fault = string.Create(CultureInfo.InvariantCulture,
                $"replicas({replicas}) is no condition of one call: leave it out, or deploy with --replicas");
            return false;
        }

        applied = call with
        {
            Requirement = requirement.ToString(),
            Timeout = requirement.Deadline is { } level && level < call.Timeout ? level : call.Timeout,
        };
        return true;
    }
}
