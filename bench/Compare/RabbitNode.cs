using System.Diagnostics;

namespace Warren.Compare;

/// <summary>One node of RabbitMQ's among several on this machine, which share a cookie and a name service.</summary>
/// <param name="directory">Of its own.</param>
/// <param name="port">For clients; that for peers is the next.</param>
/// <param name="number">Tells it from the others.</param>
/// <param name="namesPort">The name service's.</param>
/// <param name="settings">Lines of its configuration.</param>
internal sealed class RabbitNode(string directory, int port, int number, int namesPort, string settings)
    : RabbitBroker(directory, port)
{
    internal override string NodeName => NameOf(number);

    protected override int NamesPort => namesPort;

    // The others still want it.
    protected override bool OwnsNames => false;

    internal static string NameOf(int number) => $"bench-rabbit-{number}@localhost";

    /// <summary>What a command line tool needs to find it.</summary>
    internal void SetPlaces(IDictionary<string, string?> environment)
    {
        environment["ERL_EPMD_PORT"] = $"{NamesPort}";
        environment["HOME"] = Directory;
    }

    protected override void Describe(ProcessStartInfo start)
    {
        base.Describe(start);
        SetPlaces(start.Environment);
        Configure(start, settings);
    }
}
