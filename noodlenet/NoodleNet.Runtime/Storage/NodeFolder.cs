using System.Globalization;
using System.Text;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Storage;

/// <summary>What one node keeps on disk, held by it alone until it is disposed or its process dies.</summary>
/// <remarks>
/// <code>
/// root/token            the join token of the mesh that was founded here, or that nodes here shall join
/// root/node-1/lock      locked while the node runs; the operating system frees it
/// root/node-1/node-id   made at the first start, the same for ever
/// root/node-1/node.json while the node is ready: process, ports, URL
/// root/node-1/models, state, and the files of Trust
/// </code>
/// Bound: 64 nodes in one root. Files 0600, folders 0700.
/// </remarks>
public sealed class NodeFolder : IDisposable
{
    /// <summary>How many nodes of one root run at once.</summary>
    public const int MaxNodes = 64;

    private const int MaxIdFileBytes = 1024;

    private readonly FileStream _lock;

    private NodeFolder(string root, string path, NodeId node, FileStream @lock)
    {
        (Root, FolderPath, Node, _lock) = (root, path, node, @lock);
        AtomicFile.CreateFolder(ModelsPath);
        AtomicFile.CreateFolder(StatePath);
        File.Delete(RunningPath); // of a node that was killed
    }

    /// <summary>The folder that all nodes of this user share.</summary>
    public string Root { get; }

    /// <summary>The folder of this node.</summary>
    public string FolderPath { get; }

    /// <summary>Who this node is.</summary>
    public NodeId Node { get; }

    /// <summary>Where the token lies unless another file is named.</summary>
    public string TokenPath => Path.Combine(Root, "token");

    public string ModelsPath => Path.Combine(FolderPath, "models");

    public string StatePath => Path.Combine(FolderPath, "state");

    private string RunningPath => Path.Combine(FolderPath, "node.json");

    /// <summary>The root: <paramref name="data"/> if given, else where this system keeps a user's data.</summary>
    public static string ResolveRoot(string? data) => ResolveRoot(
        data,
        Environment.GetEnvironmentVariable("XDG_DATA_HOME"),
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) : null);

    /// <summary>Takes the first folder in <paramref name="root"/> that no running node holds.</summary>
    /// <param name="newUuid">Called once, when the folder is new.</param>
    /// <exception cref="StorageException">The root or the folder cannot be used, or 64 nodes run already.</exception>
    public static NodeFolder Open(string root, Func<Guid> newUuid, string hostName)
    {
        ArgumentNullException.ThrowIfNull(newUuid);
        root = Path.GetFullPath(root);
        FolderCheck.Ensure(root);
        for (int i = 1; i <= MaxNodes; i++)
        {
            string path = PathOf(root, i);
            FolderCheck.Ensure(path);
            if (TryLock(Path.Combine(path, "lock")) is not { } held)
            {
                continue;
            }

            try
            {
                return new NodeFolder(root, path, ReadOrMakeId(Path.Combine(path, "node-id"), newUuid, hostName), held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }

        throw new StorageException(
            $"{MaxNodes} nodes already run from '{root}'; stop one, or choose another folder with --data.");
    }

    /// <summary>The nodes of a root that run now and said that they are ready; broken files are passed over.</summary>
    public static IReadOnlyList<RunningNode> FindRunning(string root) =>
        [.. Enumerable.Range(1, MaxNodes)
            .Select(i => RunningNode.Read(Path.Combine(PathOf(root, i), "node.json")))
            .OfType<RunningNode>()
            .Where(node => node.IsAlive())];

    /// <summary>Tells commands on this machine how to reach this node, until <see cref="Dispose"/>.</summary>
    public void AnnounceReady(string url, IReadOnlyDictionary<string, int> ports) =>
        RunningNode.OfThisProcess(Node.ToString(), url, ports).Write(RunningPath);

    /// <summary>Takes back what <see cref="AnnounceReady"/> told and gives the folder free.</summary>
    public void Dispose()
    {
        if (!_lock.SafeFileHandle.IsClosed)
        {
            try
            {
                File.Delete(RunningPath);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The process number in it tells that it is stale.
            }

            _lock.Dispose();
        }
    }

    internal static string ResolveRoot(string? data, string? xdgDataHome, string home, string? localApplicationData)
    {
        if (!string.IsNullOrEmpty(data))
        {
            return Path.GetFullPath(data);
        }

        if (localApplicationData is not null)
        {
            return Path.Combine(localApplicationData, "noodle");
        }

        // The XDG specification says that a relative path there is to be ignored.
        return Path.IsPathRooted(xdgDataHome)
            ? Path.Combine(xdgDataHome, "noodle")
            : Path.Combine(home, ".local", "share", "noodle");
    }

    private static string PathOf(string root, int index) =>
        Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"node-{index}"));

    private static FileStream? TryLock(string path)
    {
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
            };
            if (!OperatingSystem.IsWindows())
            {
                // Who may read a file may lock it, and so keep its owner out.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return new FileStream(path, options);
        }
        catch (IOException e) when (IsHeldByAnother(e.HResult))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"The lock '{path}' cannot be taken ({e.Message}); make it writable for this user.", e);
        }
    }

    // EWOULDBLOCK on Linux, on macOS; ERROR_SHARING_VIOLATION.
    private static bool IsHeldByAnother(int hResult) => hResult is 11 or 35 or unchecked((int)0x80070020);

    private static NodeId ReadOrMakeId(string path, Func<Guid> newUuid, string hostName)
    {
        if (AtomicFile.Read(path, MaxIdFileBytes) is { } content)
        {
            return NodeId.TryParse(Encoding.UTF8.GetString(content).Trim(), out NodeId known)
                ? known
                : throw new StorageException($"The file '{path}' is damaged; "
                    + "bring it back from a backup, or remove its folder to start as a new node.");
        }

        NodeId node = NodeId.Create(hostName, newUuid());
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(node + "\n"));
        return node;
    }
}
