using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>From how much used memory on publishers are stopped, until the node stops.</summary>
internal sealed class SetMemoryWatermark() : ChangeCommand(
    "set_vm_memory_high_watermark", "<fraction> | absolute <value>", Section.Configuration,
    "Sets the vm_memory_high_watermark setting")
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string? Validate(Invocation call)
    {
        if (call.Arguments[0] == "absolute")
        {
            if (call.Arguments.Count < 2)
                return "not enough arguments.";
            return ByteAmount.TryParse(call.Arguments[1], out _)
                ? null
                : throw new ArgumentsException(ExitCode.DataError, "Bad argument.");
        }
        if (call.Arguments.Count > 1)
            return "too many arguments.";
        if (!double.TryParse(call.Arguments[0], CultureInfo.InvariantCulture, out double share))
            throw new ArgumentsException(ExitCode.DataError, "Bad argument.");
        return share is >= 0 and <= 1
            ? null
            : throw new ArgumentsException(
                ExitCode.DataError, "Bad argument: The threshold should be a fraction between 0.0 and 1.0");
    }

    public override string? Banner(Invocation call) => call.Arguments.Count > 1
        ? $"Setting memory threshold on {call.Place.NodeName} to {call.Arguments[1]} bytes ..."
        : $"Setting memory threshold on {call.Place.NodeName} to {call.Arguments[0]} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        if (call.Arguments.Count > 1 && ByteAmount.TryParse(call.Arguments[1], out long bytes))
            json.WriteNumber("bytes", bytes);
        else
            json.WriteNumber("share", double.Parse(call.Arguments[0], CultureInfo.InvariantCulture));
    }
}
