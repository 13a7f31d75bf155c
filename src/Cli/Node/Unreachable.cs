using System.Text;

namespace Warren.Cli.Node;

/// <summary>What a caller is told when no node answers: what was tried, what is there, what to do.</summary>
internal static class Unreachable
{
    /// <summary>What an attempt holds that was refused for the caller's sake, not for want of a node.</summary>
    public const string NotAllowed = "only root and the user who runs the node may";

    private const string StartIt =
        "start the node's process: systemctl start rabbitmq-server, or rabbitmq-server -detached";

    /// <param name="place">Where it should be.</param>
    /// <param name="tried">What was tried, and why it was in vain.</param>
    /// <param name="isDown">See <see cref="CommandException.IsNodeDown"/>.</param>
    public static CommandException Because(NodePlace place, IReadOnlyList<string> tried, bool isDown) =>
        place.Remote is { } remote ? OfAnotherHost(place, remote, tried) : OfThisMachine(place, tried, isDown);

    private static CommandException OfAnotherHost(
        NodePlace place, RemotePlace remote, IReadOnlyList<string> tried)
    {
        string name = place.NodeName;
        var text = new StringBuilder();
        text.Append("Error: unable to perform an operation on node '").Append(name)
            .Append("'. Please see diagnostics information and suggestions below.\n\n")
            .Append("Most common reasons for this are:\n\n")
            .Append(" * Target node is unreachable "
                + "(e.g. due to hostname resolution, TCP connection or firewall issues)\n")
            .Append(" * CLI tool fails to authenticate with the server "
                + "(e.g. due to CLI tool's Erlang cookie not matching that of the server)\n")
            .Append(" * Target node is not running\n\n")
            .Append("In addition to the diagnostics info below:\n\n")
            .Append(" * Consult server logs on node ").Append(name).Append('\n')
            .Append(" * If target node is configured to use long node names, "
                + "don't forget to use --longnames with CLI tools\n\n")
            .Append("DIAGNOSTICS\n===========\n\n")
            .Append("attempted to contact: [").Append(name).Append("]\n\n")
            .Append(name).Append(":\n");
        foreach (string attempt in tried)
            text.Append("  * ").Append(attempt).Append('\n');
        text.Append("\nCurrent node details:\n * node name: '").Append(remote.OwnName)
            .Append("'\n * effective user's home directory: ").Append(remote.Home)
            .Append("\n * Erlang cookie hash: ").Append(remote.CookieHash()).Append('\n');
        return new CommandException(ExitCode.Unavailable, text.ToString());
    }

    private static CommandException OfThisMachine(NodePlace place, IReadOnlyList<string> tried, bool isDown)
    {
        string name = place.NodeName;
        var text = new StringBuilder();
        text.Append("Error: unable to perform an operation on node '").Append(name)
            .Append("'. Please see diagnostics information and suggestions below.\n\n")
            .Append("Most common reasons for this are:\n\n")
            .Append(" * Target node is not running\n")
            .Append(" * Target node has another name, or keeps its data elsewhere "
                + "(RABBITMQ_NODENAME, RABBITMQ_MNESIA_BASE)\n")
            .Append(" * Only root and the user who runs the node may use its control socket\n\n")
            .Append("In addition to the diagnostics info below:\n\n")
            .Append(" * Consult server logs on node ").Append(name).Append('\n')
            .Append(" * If target node is configured to use long node names, "
                + "don't forget to use --longnames with CLI tools\n\n")
            .Append("DIAGNOSTICS\n===========\n\n")
            .Append("attempted to contact: [").Append(name).Append("]\n\n")
            .Append(name).Append(":\n");
        foreach (string attempt in tried)
            text.Append("  * ").Append(attempt).Append('\n');
        string[] others = [.. Others(place)];
        if (others.Length > 0)
            text.Append("  * other nodes there: [").Append(string.Join(", ", others)).Append("]\n");
        string suggestion = others.Length > 0 ? "name one of them with -n, or start the node" : StartIt;
        if (tried.Any(attempt => attempt.Contains(NotAllowed, StringComparison.Ordinal)))
            suggestion = "run the command as root, or as the user who runs the node";
        text.Append("  * suggestion: ").Append(suggestion).Append('\n')
            .Append("\nCurrent node details:\n * effective user: ").Append(System.Environment.UserName).Append('\n');
        return new CommandException(ExitCode.Unavailable, text.ToString()) { IsNodeDown = isDown };
    }

    private static IEnumerable<string> Others(NodePlace place)
    {
        foreach (string socket in place.Sockets)
        {
            string? directory = Path.GetDirectoryName(socket);
            if (directory is null || !Directory.Exists(directory))
                continue;
            string[] found;
            try
            {
                found = Directory.GetFiles(directory, "*" + NodePlace.SocketEnding);
            }
            catch (UnauthorizedAccessException)
            {
                continue;
            }
            foreach (string other in found)
            {
                if (!place.Sockets.Contains(other))
                    yield return Path.GetFileName(other)[..^NodePlace.SocketEnding.Length];
            }
        }
    }
}
