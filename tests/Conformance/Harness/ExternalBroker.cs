using Warren.Conformance.Player;

namespace Warren.Conformance.Harness;

/// <summary>
/// A broker that somebody else runs, named by WARREN_CONFORMANCE_URI. WARREN_CONFORMANCE_CTL is the rabbitmqctl command
/// for its node, as in "rabbitmqctl -n rabbit@localhost", to make the fixtures and to restart its application.
/// </summary>
public sealed class ExternalBroker : RunningBroker
{
    private readonly RabbitControl? _control;

    public ExternalBroker(string uri, IReadOnlyList<Scenario> scenarios)
    {
        Endpoint = Endpoint.Parse(uri);
        string? command = Environment.GetEnvironmentVariable("WARREN_CONFORMANCE_CTL");
        _control = command is null ? null : new RabbitControl(command);
        if (scenarios.Count > 0)
            _control?.Import(scenarios);
    }

    public override Endpoint Endpoint { get; }

    public override bool IsWarren => false;

    public override string? CannotRestart =>
        _control is null ? "WARREN_CONFORMANCE_CTL does not name the rabbitmqctl command of the broker" : null;

    public override void Restart() => _control!.Restart();

    protected override void Dispose(bool disposing)
    {
    }
}
