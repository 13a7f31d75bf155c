using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands.Messages;

/// <summary>
/// Publishes messages, and succeeds when all of them are where they belong, and safe if they are to be.
/// </summary>
internal sealed class Publish() : ChangeCommand(
    "publish", "[--vhost <vhost>] --routing-key|-k <key> [--exchange|-e <exchange>] [--count|-c <n>] [--transient] "
    + "<body>",
    Section.Queues, "Publishes messages and waits until they are confirmed")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override Switch[] Switches =>
    [
        new("routing-key", SwitchKind.Text, 'k'), new("exchange", SwitchKind.Text, 'e'),
        new("count", SwitchKind.Number, 'c'), new("transient", SwitchKind.Flag),
    ];

    public override string Help =>
        """
        <body>
        	the message; a dash (-) reads it from standard input

        --routing-key <key>
        	a queue's name, when no exchange is given

        --exchange <exchange>
        	where to publish; the default exchange if none is given

        --count <n>
        	how many times

        --transient
        	the message need not outlive a restart
        """;

    public override string? Validate(Invocation call)
    {
        if (call.Text("routing-key") is null && call.Text("exchange") is null)
            return "a routing key or an exchange is needed: --routing-key, --exchange";
        return call.Number("count") is < 1 or > 1_000_000 ? "--count takes 1 to 1000000" : null;
    }

    public override string? Banner(Invocation call) =>
        $"Publishing {Messages(call.Number("count") ?? 1)} to exchange '{call.Text("exchange")}' "
        + $"with routing key '{call.Text("routing-key")}' in vhost '{call.Vhost}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("exchange", call.Text("exchange") ?? "");
        json.WriteString("routing_key", call.Text("routing-key") ?? "");
        json.WriteNumber("count", call.Number("count") ?? 1);
        json.WriteBoolean("persistent", !call.Has("transient"));
        json.WriteString("body", call.Arguments[0] == "-" ? call.Input.ReadToEnd() : call.Arguments[0]);
    }

    private static string Messages(long count) => count == 1 ? "1 message" : $"{count} messages";

    protected override string? Done(Invocation call, JsonElement result)
    {
        long unroutable = result.GetProperty("unroutable").GetInt64();
        long refused = result.GetProperty("refused").GetInt64();
        if (unroutable + refused > 0)
        {
            throw CommandException.Because(
                ExitCode.Unavailable,
                $"{result.GetProperty("confirmed")} messages were confirmed, {unroutable} had nowhere to go, "
                + $"{refused} were refused"
                + (result.TryGetProperty("away", out JsonElement away) ? $": {away.GetString()}" : ""));
        }
        return $"{Messages(result.GetProperty("confirmed").GetInt64())} confirmed";
    }
}
