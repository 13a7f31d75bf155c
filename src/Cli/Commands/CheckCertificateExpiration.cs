using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Fails if a certificate of a TLS listener expires soon, is not valid yet or cannot be read.</summary>
internal sealed class CheckCertificateExpiration() : Command(
    "check_certificate_expiration", "[--within <period>] [--unit <unit>]", Section.Monitoring,
    "Checks the expiration date on the certificates for every listener configured to use TLS")
{
    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["ssl", "networking"];

    public override Switch[] Switches => [new("within", SwitchKind.Number), new("unit", SwitchKind.Text)];

    public override string Help =>
        """
        <period>
        	period of time to check. Default is four (weeks).

        <unit>
        	time unit for the period, can be days, weeks, months, years. Default is weeks.
        """;

    public override string? Validate(Invocation call) => SecondsOf(UnitOf(call)) is null
        ? $"unit '{UnitOf(call)}' is not supported. Please use one of: days, weeks, months, years"
        : null;

    public override string? Banner(Invocation call) =>
        $"Checking certificate expiration on node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        int within = call.Number("within") ?? 4;
        JsonElement expiring = call.Node.Ask("certificates", json =>
            json.WriteNumber("within_seconds", within * SecondsOf(UnitOf(call))!.Value)).GetProperty("listeners");
        if (expiring.GetArrayLength() > 0)
        {
            throw CommandException.Because(ExitCode.Unavailable, string.Join('\n', expiring.EnumerateArray().Select(
                listener => $"Interface: {listener.GetProperty("interface").GetString()}, "
                    + $"port: {listener.GetProperty("port")}, protocol: {listener.GetProperty("protocol").GetString()}"
                    + Files(listener))));
        }
        string unit = within == 1 ? UnitOf(call)[..^1] : UnitOf(call);
        call.Output.WriteLine($"No certificates are expiring within {within} {unit}.");
        return ExitCode.Ok;
    }

    private static string Files(JsonElement listener) => string.Concat(((string[])["certfile", "cacertfile"])
        .Where(file => listener.GetProperty(file + "_expires_on").GetArrayLength() > 0)
        .Select(file => $", {file}: {listener.GetProperty(file).GetString()}, expires: "
            + TermText.Of(listener.GetProperty(file + "_expires_on"))));

    private static string UnitOf(Invocation call) => call.Text("unit") ?? "weeks";

    private static long? SecondsOf(string unit)
    {
        const long day = 24 * 60 * 60;
        return unit switch
        {
            "days" => day,
            "weeks" => 7 * day,
            "months" => 30 * day,
            "years" => 365 * day,
            _ => null,
        };
    }
}
