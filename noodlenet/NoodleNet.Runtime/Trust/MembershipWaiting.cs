using System.Security.Cryptography;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>What a node's folder holds before and after somebody admits it without a token.</summary>
public static class MembershipWaiting
{
    /// <summary>True when the folder makes a member whose certificate is not over.</summary>
    /// <exception cref="StorageException">A file is damaged, or readable by others.</exception>
    public static bool IsMember(NodeFolder folder, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(clock);
        using NodeCredentials? held = NodeCredentials.Load(
            new MembershipFiles(folder.FolderPath).Credentials, folder.Node, clock);
        return held is not null && held.Certificate.NotAfter > clock.GetUtcNow();
    }

    /// <summary>The key to wait with: the one of an old certificate, else one that stays the same for every
    /// try.</summary>
    /// <exception cref="StorageException">A file is damaged, readable by others, or cannot be written.</exception>
    public static ECDsa KeepKey(NodeFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var files = new MembershipFiles(folder.FolderPath);
        using NodeCredentials? old = NodeCredentials.Load(files.Credentials, folder.Node, TimeProvider.System);
        return old?.CopyKey() ?? files.KeepJoinKey();
    }

    /// <summary>Makes the folder a member's.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public static void Keep(NodeFolder folder, NodeCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(credentials);
        var files = new MembershipFiles(folder.FolderPath);
        credentials.Save(files.Credentials);
        File.Delete(files.JoinKey);
    }
}
