namespace Warren.Cli;

/// <summary>From the name that the program was called by to the tool, and back.</summary>
internal static class ToolNames
{
    private static readonly (string Name, Tool Tool)[] All =
    [
        ("rabbitmqctl", Tool.Ctl),
        ("rabbitmq-plugins", Tool.Plugins),
        ("rabbitmq-queues", Tool.Queues),
        ("rabbitmq-diagnostics", Tool.Diagnostics),
        ("rabbitmq-upgrade", Tool.Upgrade),
        ("warren", Tool.Warren),
    ];

    /// <summary>The tool called so; <see cref="Tool.None"/>: there is none.</summary>
    public static Tool Find(string path)
    {
        string name = Path.GetFileName(path);
        foreach ((string known, Tool tool) in All)
        {
            if (known == name)
                return tool;
        }
        return Tool.None;
    }

    public static string Of(Tool tool)
    {
        foreach ((string name, Tool known) in All)
        {
            if (known == tool)
                return name;
        }
        return "warren-cli";
    }
}
