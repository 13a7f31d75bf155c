using System.Text;

namespace Warren.Cli.Help;

/// <summary>What tools and commands say about themselves, in the layout of RabbitMQ's.</summary>
internal static class UsageText
{
    private const string GeneralOptions =
        """


        General Options

        The following options are accepted by most or all commands.

        short            | long          | description
        -----------------|---------------|--------------------------------
        -?               | --help        | displays command help
        -n <node>        | --node <node> | connect to node <node>
        -l               | --longnames   | use long host names
        -t               | --timeout <n> | for commands that support it, operation timeout in seconds
        -q               | --quiet       | suppress informational messages
        -s               | --silent      | suppress informational messages
                                         | and table header row
        -p               | --vhost       | for commands that are scoped to a virtual host,
                         |               | virtual host to use
                         | --formatter   | alternative result formatter to use
                                         | if supported: json, pretty_table, table, csv, erlang
                                           not all commands support all (or any) alternative formatters.
        """;

    private static readonly string[] Titles =
    [
        "Help", "Nodes", "Cluster", "Replication", "Users", "Access Control",
        "Monitoring, observability and health checks", "Parameters", "Policies", "Virtual hosts",
        "Configuration and Environment", "Definitions", "Feature flags", "Operations", "Queues", "Plugin Management",
        "Upgrade", "Deprecated",
    ];

    /// <summary>The line that shows how a command is written.</summary>
    public static string Line(Tool tool, Command command)
    {
        string usage = command.Usage.Length == 0 ? command.Name : $"{command.Name} {command.Usage}";
        return $"{ToolNames.Of(tool)} [--node <node>] [--longnames] [--quiet] {usage}";
    }

    /// <summary>What <c>help COMMAND</c> prints.</summary>
    public static string Of(Tool tool, Command command)
    {
        var text = new StringBuilder();
        text.Append("\nUsage\n\n").Append(Line(tool, command)).Append("\n\n").Append(command.Summary);
        if (!command.Summary.EndsWith('.'))
            text.Append('.');
        text.Append('\n');
        if (command.Help.Length > 0)
            text.Append("\n\nArguments and Options\n\n").Append(command.Help.Trim('\n')).Append('\n');
        if (command.Guides.Length > 0)
        {
            text.Append("\n\nRelevant Doc Guides\n");
            foreach (string guide in command.Guides)
                text.Append("\n * https://rabbitmq.com/").Append(guide).Append(".html\n");
        }
        return text.Append(GeneralOptions).Append('\n').ToString();
    }

    /// <summary>What a tool prints without a command: all it can do, by section.</summary>
    public static string Of(Tool tool)
    {
        string name = ToolNames.Of(tool);
        IReadOnlyList<Command> commands = CommandTable.ListedOf(tool);
        var text = new StringBuilder();
        text.Append("\nUsage\n\n").Append(name)
            .Append(" [--node <node>] [--timeout <timeout>] [--longnames] [--quiet] <command> [<command options>]\n\n")
            .Append("Available commands:\n");
        int width = commands.Max(command => command.Name.Length) + 2;
        foreach (IGrouping<Section, Command> section in
            commands.GroupBy(command => command.Section).OrderBy(section => section.Key))
        {
            text.Append('\n').Append(Titles[(int)section.Key]).Append(":\n\n");
            foreach (Command command in section.OrderBy(command => command.Name, StringComparer.Ordinal))
                text.Append("   ").Append(command.Name.PadRight(width)).Append(command.Summary).Append('\n');
        }
        return text.Append("\nUse '").Append(name).Append(" help <command>' to learn more about a specific command\n")
            .ToString();
    }
}
