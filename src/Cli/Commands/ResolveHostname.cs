using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>A host's addresses, as the node's machine finds them; with <c>--offline</c>, as this one does.</summary>
internal sealed class ResolveHostname() : Command(
    "resolve_hostname", "<hostname> [--address-family <ipv4 | ipv6>] [--offline]", Section.Configuration,
    "Resolves a hostname to a set of addresses")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (1, 1);

    public override int? DefaultTimeoutMs => 60_000;

    public override Switch[] Switches =>
        [new("address-family", SwitchKind.Text, 'a'), new("offline", SwitchKind.Flag)];

    public override string? Validate(Invocation call) => FamilyOf(call).ToLowerInvariant() is "ipv4" or "ipv6"
        ? null
        : $"unsupported IP address family {FamilyOf(call)}. Valid values are: ipv4, ipv6";

    public override string? Banner(Invocation call) => call.Has("offline")
        ? $"Resolving hostname {call.Arguments[0]} to {FamilyOf(call)} addresses..."
        : $"Asking node {call.Place.NodeName} to resolve hostname {call.Arguments[0]} to {FamilyOf(call)} addresses...";

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NotFound
            ? new CommandException(ExitCode.DataError, refusal.Text)
            : base.Explain(call, refusal);

    public override ExitCode Run(Invocation call)
    {
        foreach (string address in call.Has("offline") ? Here(call) : AtNode(call))
            call.Output.WriteLine(address);
        return ExitCode.Ok;
    }

    private static string FamilyOf(Invocation call) => call.Text("address-family") ?? "IPv4";

    private static IEnumerable<string> AtNode(Invocation call) => call.Node
        .Ask("resolve_hostname", json =>
        {
            json.WriteString("host", call.Arguments[0]);
            json.WriteString("family", FamilyOf(call).ToLowerInvariant());
        })
        .GetProperty("addresses").EnumerateArray().Select(address => address.GetString()!);

    private static IEnumerable<string> Here(Invocation call)
    {
        try
        {
            return System.Net.Dns.GetHostAddresses(
                call.Arguments[0],
                FamilyOf(call).Equals("ipv6", StringComparison.OrdinalIgnoreCase)
                    ? System.Net.Sockets.AddressFamily.InterNetworkV6
                    : System.Net.Sockets.AddressFamily.InterNetwork)
                .Select(address => address.ToString());
        }
        catch (System.Net.Sockets.SocketException)
        {
            throw new CommandException(
                ExitCode.DataError, "Hostname does not resolve (resolution failed with an nxdomain)");
        }
    }
}
