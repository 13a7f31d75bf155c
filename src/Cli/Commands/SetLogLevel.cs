using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>From which level on lines are logged, until the node stops.</summary>
internal sealed class SetLogLevel() : ChangeCommand(
    "set_log_level", "<log_level>", Section.Configuration,
    "Sets log level in the running node")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override void Check(Invocation call)
    {
        string level = call.Arguments[0];
        if (level is not ("debug" or "info" or "warning" or "error" or "critical" or "none"))
        {
            throw CommandException.Because(
                ExitCode.Unavailable,
                $"level {level} is not supported. Try one of debug, info, warning, error, critical, none");
        }
    }

    public override string? Banner(Invocation call) =>
        $"Setting log level to \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("level", call.Arguments[0]);
    }
}
