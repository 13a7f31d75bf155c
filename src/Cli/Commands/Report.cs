using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>All that is asked of somebody who needs help, one command after another.</summary>
internal sealed class Report() : Command(
    "report", "", Section.Monitoring,
    "Generate a server status report containing a concatenation of all server status information for support purposes")
{
    private static readonly Command[] OfNode =
    [
        new Status(), new ClusterStatus(), new EnvironmentCommand(), new ListConnections(), new ListChannels(),
        new CommandLineArguments(), new ListGlobalParameters(),
    ];

    private static readonly Command[] OfVhost =
    [
        new ListQueues(), new ListExchanges(), new ListBindings(), new ListConsumers(), new ListPermissions(),
        new ListPolicies(), new ListOperatorPolicies(), new ListParameters(),
    ];

    public override string[] Guides => ["monitoring"];

    public override string? Validate(Invocation call) => call.Text("formatter") is null or "report"
        ? null
        : "Only report formatter is supported";

    public override string? Banner(Invocation call) => $"Reporting server status of node {call.Place.NodeName} ...\n";

    public override ExitCode Run(Invocation call)
    {
        foreach (Command command in OfNode)
            Run(call, command, []);
        foreach (string vhost in SetPermissionsGlobally.Vhosts(call))
        {
            foreach (Command command in OfVhost)
                Run(call, command, ["--vhost=" + vhost]);
        }
        return ExitCode.Ok;
    }

    private static void Run(Invocation call, Command command, string[] switches)
    {
        string[] columns = command is ListCommand list ? [.. list.Columns] : [];
        string[] line =
        [
            command.Name, .. columns, .. switches, "--node=" + call.Place.NodeName,
            .. call.Has("longnames") ? (string[])["--longnames"] : [],
            .. call.Text("erlang-cookie") is { } cookie ? (string[])["--erlang-cookie=" + cookie] : [],
        ];
        using var one = new Invocation(
            call.Tool, command, LineParser.Parse(line, [.. command.Switches, .. Switch.Common]), call.Environment,
            call.Terminal);
        one.Say(command.Banner(one) ?? "");
        command.Run(one);
        call.Output.WriteLine();
    }
}
