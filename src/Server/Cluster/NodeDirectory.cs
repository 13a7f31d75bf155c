using System.Globalization;
using System.Text;
using Warren.Cluster;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// A node's data directory as a whole, while the node is stopped: whether there is one, and taking it out of the way.
/// What was in it may be all that is left of somebody's messages, so it is left to the operator under another name.
/// </summary>
/// <param name="path">The directory.</param>
internal sealed class NodeDirectory(string path)
{
    /// <summary>In the directory: what an operator has done against the rules, a file each.</summary>
    public const string Incidents = "incidents";

    /// <summary>In the directory: the node's log.</summary>
    public const string Log = "log";

    private const string Mark = ".set-aside.";

    /// <summary>
    /// Is told before each change that <see cref="Remove"/> or <see cref="Replace"/> makes: where a test cuts it off.
    /// </summary>
    internal Action BeforeStep { get; init; } = static () => { };

    public bool Exists => Directory.Exists(path);

    /// <summary>A node has had its log in it.</summary>
    public bool HasLog => Directory.Exists(Path.Combine(path, Log));

    /// <summary>Nothing is in it but what an operator has done before it was reset.</summary>
    public bool IsBlank => Exists && Directory.EnumerateFileSystemEntries(path)
        .All(static entry => Path.GetFileName(entry) is Incidents or "lock");

    // Beside it: what is about to be deleted, and must never be taken for a node's, with half of what it had.
    // No operator would call a copy of his like that.
    private string Removed => path + ".removed-by-reset";

    // Beside it: what is to be in its place once that is free, whole already.
    private string Next => path + ".joined";

    // Beside it, since it outlives the directory.
    private string JoiningFile => path + ".joining";

    /// <summary>
    /// The identity under which the node asks to join: the same again if an answer was lost, so that the cluster has
    /// this node once.
    /// </summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public NodeId JoiningId()
    {
        if (File.Exists(JoiningFile) && Guid.TryParse(File.ReadAllText(JoiningFile), out Guid kept))
            return new NodeId(kept);
        var made = new NodeId(Guid.NewGuid());
        Directory.CreateDirectory(Path.GetDirectoryName(JoiningFile)!);
        // Whole or not at all: what a crash leaves must not be somebody else next time.
        string unfinished = JoiningFile + ".new";
        using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(made.ToString()));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, JoiningFile, overwrite: true);
        return made;
    }

    /// <summary>The node has joined: the next time it is another one.</summary>
    public void ForgetJoining() => File.Delete(JoiningFile);

    /// <summary>
    /// Removes it, with nothing in it that anybody could miss; what was noted of incidents stays. A crash leaves it as
    /// it was, or blank, and what is left to be done to <see cref="FinishRemoval"/>.
    /// </summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Remove()
    {
        FinishRemoval();
        if (!Exists)
            return;
        Move(path, Removed);
        FinishRemoval();
    }

    /// <summary>Does what a removal that was cut off has left to be done; else nothing.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void FinishRemoval()
    {
        if (!Directory.Exists(Removed))
            return;
        string incidents = Path.Combine(Removed, Incidents);
        if (Directory.Exists(incidents))
        {
            var disk = new FileDisk(path);
            BeforeStep();
            disk.MakeDirectory(Incidents);
            foreach (string file in Directory.GetFiles(incidents))
            {
                BeforeStep();
                File.Move(file, Path.Combine(path, Incidents, Path.GetFileName(file)), overwrite: true);
            }
            BeforeStep();
            disk.SyncDirectory(Incidents);
            disk.SyncDirectory("");
        }
        BeforeStep();
        Directory.Delete(Removed, recursive: true);
    }

    /// <summary>
    /// Puts another one in its place, or where there was none. A crash leaves the one or the other, and what is left to
    /// be done to <see cref="FinishReplacement"/>.
    /// </summary>
    /// <param name="isEmpty">It has nothing that anybody could miss, and is removed; else it is set aside.</param>
    /// <param name="make">Makes the other one, durably, at the path that it gets.</param>
    /// <returns>What it is called now; null: there was none, or it is gone.</returns>
    /// <exception cref="IOException">One cannot be renamed or removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public string? Replace(bool isEmpty, Action<string> make)
    {
        FinishReplacement();
        FinishRemoval();
        // As long as there is something in the place, what is beside it may be half made.
        bool isNew = !Exists || !Directory.EnumerateFileSystemEntries(path).Any();
        Directory.CreateDirectory(path);
        BeforeStep();
        make(Next);
        string? aside = null;
        if (!isEmpty && !isNew)
            aside = SetAside();
        else
            Move(path, Removed);
        Move(Next, path);
        FinishRemoval();
        return aside;
    }

    /// <summary>Does what a replacement that was cut off has left to be done, or undoes it; else nothing.</summary>
    /// <exception cref="IOException">It cannot be done; to start without it would be to start as nobody.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void FinishReplacement()
    {
        if (!Directory.Exists(Next))
            return;
        if (!Exists)
        {
            Move(Next, path);
            return;
        }
        BeforeStep();
        Directory.Delete(Next, recursive: true);
    }

    /// <summary>Renames it; returns what it is called now, null if there is none.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public string? SetAside()
    {
        if (!Exists)
            return null;
        for (int number = 1; ; number++)
        {
            string aside = path + Mark + number.ToString(CultureInfo.InvariantCulture);
            if (Directory.Exists(aside))
                continue;
            Move(path, aside);
            return aside;
        }
    }

    // Durable when it returns: what is done behind it must not outlive it.
    private void Move(string from, string to)
    {
        BeforeStep();
        Directory.Move(from, to);
        BeforeStep();
        new FileDisk(Path.GetDirectoryName(Path.GetFullPath(path))!).SyncDirectory("");
    }
}
