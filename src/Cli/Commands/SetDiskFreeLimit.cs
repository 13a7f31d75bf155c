using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Below how much free disk space publishers are stopped, until the node stops.</summary>
internal sealed class SetDiskFreeLimit() : ChangeCommand(
    "set_disk_free_limit", "<disk_limit> | mem_relative <fraction>", Section.Configuration,
    "Sets the disk_free_limit setting")
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string? Validate(Invocation call)
    {
        if (call.Arguments[0] == "mem_relative")
        {
            if (call.Arguments.Count < 2)
                return "not enough arguments.";
            return double.TryParse(call.Arguments[1], CultureInfo.InvariantCulture, out double share) && share >= 0
                ? null
                : throw new ArgumentsException(ExitCode.DataError, "Bad argument.");
        }
        if (call.Arguments.Count > 1)
            return "too many arguments.";
        return ByteAmount.TryParse(call.Arguments[0], out _)
            ? null
            : throw new ArgumentsException(ExitCode.DataError, "Bad argument.");
    }

    public override string? Banner(Invocation call) => call.Arguments.Count > 1
        ? $"Setting disk free limit on {call.Place.NodeName} to {call.Arguments[1]} times the total RAM ..."
        : $"Setting disk free limit on {call.Place.NodeName} to {call.Arguments[0]} bytes ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        if (call.Arguments.Count > 1)
            json.WriteNumber("share", double.Parse(call.Arguments[1], CultureInfo.InvariantCulture));
        else if (ByteAmount.TryParse(call.Arguments[0], out long bytes))
            json.WriteNumber("bytes", bytes);
    }
}
