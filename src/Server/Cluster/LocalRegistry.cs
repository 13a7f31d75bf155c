using System.Diagnostics;
using System.Globalization;
using Warren.Cluster;

namespace Warren.Server.Cluster;

/// <summary>
/// How the nodes of one machine find each other's peer ports: a file for each, in a directory that all of them know, as
/// epmd is for Erlang (docs/formats/local-registry.md). Whoever runs a node may write there; what an entry says is only
/// where to knock, since who answers must prove the cookie. An entry whose process is gone counts for nothing.
/// </summary>
internal sealed class LocalRegistry : IDisposable
{
    private const string Head = "warren-node 1";
    private const string Ending = ".node";

    /// <summary>Longer than any entry is.</summary>
    private const int MostBytes = 2048;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
        | UnixFileMode.OtherRead;

    private const UnixFileMode Everybody = UnixFileMode.StickyBit
        | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly IReadOnlyList<string> _directories;
    private string? _ownEntry;

    public LocalRegistry(IReadOnlyList<string> directories) => _directories = directories;

    /// <summary>The node of that name, if one runs on this machine.</summary>
    public LocalNode? Find(NodeName name)
    {
        foreach (string directory in _directories)
        {
            if (Read(Path.Combine(directory, name + Ending)) is { } node && node.Name == name && IsRunning(node))
                return node;
        }
        return null;
    }

    /// <summary>Tells the others where this node is, until <see cref="Dispose"/>.</summary>
    /// <returns>What the operator should hear; null: nothing.</returns>
    public string? Enter(NodeName name, string host, int port)
    {
        if (Find(name) is { } other && other.ProcessId != Environment.ProcessId)
        {
            return $"another node of this machine is called {name}, process {other.ProcessId} with peer port "
                + $"{other.Port}: nodes find that one under the name; give one of them another RABBITMQ_NODENAME";
        }
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Head}\nname {name}\nhost {host}\nport {port}\nprocess {Environment.ProcessId}\n")
            + string.Create(CultureInfo.InvariantCulture, $"started {StartOf(Environment.ProcessId) ?? 0}\n");
        var reasons = new List<string>();
        foreach (string directory in _directories)
        {
            try
            {
                if (!TryMake(directory))
                    continue;
                Write(directory, name, text);
                return null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                reasons.Add($"{directory}: {error.Message}");
            }
        }
        return $"other nodes of this machine cannot find the peer port of {name}, since its entry could not be written "
            + $"({string.Join("; ", reasons)}); RABBITMQ_RUN_DIR names another directory, for all of them";
    }

    public void Dispose()
    {
        if (_ownEntry is not { } entry)
            return;
        _ownEntry = null;
        try
        {
            // Not the entry of a node that has taken the name since.
            if (Read(entry)?.ProcessId == Environment.ProcessId)
                File.Delete(entry);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It says itself that its process is gone.
        }
    }

    // The system's own directory is made by who installs; the shared one by whoever comes first, for everybody.
    private static bool TryMake(string directory)
    {
        if (Directory.Exists(directory))
            return true;
        if (Path.GetDirectoryName(directory) is "/run")
            return false;
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, Everybody);
        return true;
    }

    private void Write(string directory, NodeName name, string text)
    {
        string entry = Path.Combine(directory, name + Ending);
        string unfinished = $"{entry}.{Environment.ProcessId}";
        File.Delete(unfinished);
        using (var file = new StreamWriter(unfinished, new FileStreamOptions
        {
            // Never through a link that somebody else has put there.
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = Readable,
        }))
        {
            file.Write(text);
        }
        File.Move(unfinished, entry, overwrite: true);
        _ownEntry = entry;
    }

    private static LocalNode? Read(string path)
    {
        string[] lines;
        try
        {
            // Anybody may put there what he likes: a pipe, of no length, would hold up whoever opens it.
            var file = new FileInfo(path);
            if (!file.Exists || file.LinkTarget is not null || file.Length is 0 or > MostBytes)
                return null;
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        if (lines.Length < 6 || lines[0] != Head)
            return null;
        string? Field(string name) => lines
            .FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..];
        return NodeName.TryParse(Field("name"), out NodeName node)
            && ushort.TryParse(Field("port"), CultureInfo.InvariantCulture, out ushort port) && port > 0
            && int.TryParse(Field("process"), CultureInfo.InvariantCulture, out int process) && process > 0
            && long.TryParse(Field("started"), CultureInfo.InvariantCulture, out long started)
            ? new LocalNode(node, Field("host") ?? "", port, process, started)
            : null;
    }

    private static bool IsRunning(LocalNode node)
    {
        if (OperatingSystem.IsLinux())
            return StartOf(node.ProcessId) is { } started && (node.StartedAt == 0 || started == node.StartedAt);
        try
        {
            using var process = Process.GetProcessById(node.ProcessId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // The 22nd field of /proc/PID/stat; the second is in brackets and may hold anything.
    private static long? StartOf(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
