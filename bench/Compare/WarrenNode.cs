using System.Diagnostics;

namespace Warren.Compare;

/// <summary>One node of a cluster on this machine.</summary>
/// <param name="executable">The node.</param>
/// <param name="directory">Of its own.</param>
/// <param name="port">For clients; that for peers is the next.</param>
/// <param name="number">Tells it from the others.</param>
/// <param name="settings">Lines of its configuration.</param>
internal sealed class WarrenNode(string executable, string directory, int port, int number, string settings)
    : WarrenBroker(executable, directory, port)
{
    internal string NodeName => NameOf(number);

    internal static string NameOf(int number) => $"bench-{number}@localhost";

    /// <summary>What a command line tool needs to find it.</summary>
    internal void SetPlaces(IDictionary<string, string?> environment)
    {
        environment["RABBITMQ_NODENAME"] = NodeName;
        environment["RABBITMQ_MNESIA_BASE"] = DataDirectory;
        environment["RABBITMQ_RUN_DIR"] = Path.Combine(Directory, "..", "run");
        environment["HOME"] = Directory;
    }

    protected override void Describe(ProcessStartInfo start)
    {
        base.Describe(start);
        SetPlaces(start.Environment);
        Configure(start, settings);
    }
}
