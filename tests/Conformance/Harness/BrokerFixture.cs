using Warren.Conformance.Player;

[assembly: Xunit.AssemblyFixture(typeof(Warren.Conformance.Harness.BrokerFixture))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Warren.Conformance.Harness;

/// <summary>
/// The broker of a whole test run: a Warren node that the harness starts, or the one that WARREN_CONFORMANCE_URI names.
/// The scenarios are played once, all together, when the first test asks for them.
/// </summary>
public sealed class BrokerFixture : IDisposable
{
    private readonly Lazy<RunningBroker> _broker;
    private readonly Lazy<IReadOnlyDictionary<string, Performance>> _performances;

    public BrokerFixture()
    {
        _broker = new Lazy<RunningBroker>(() => Begin(ScenarioCatalogue.All));
        _performances = new Lazy<IReadOnlyDictionary<string, Performance>>(
            () => Orchestra.PlayAll(ScenarioCatalogue.All, Broker.Endpoint));
    }

    /// <summary>The broker, started at its first use.</summary>
    public RunningBroker Broker => _broker.Value;

    /// <summary>How every scenario went, by name.</summary>
    public IReadOnlyDictionary<string, Performance> Performances => _performances.Value;

    /// <summary>
    /// A broker that may be restarted without disturbing other tests, with no fixtures of scenarios; dispose it.
    /// </summary>
    public static RunningBroker BeginAnother() => Begin([]);

    public void Dispose()
    {
        if (_broker.IsValueCreated)
            _broker.Value.Dispose();
    }

    private static RunningBroker Begin(IReadOnlyList<Scenario> scenarios) =>
        Environment.GetEnvironmentVariable("WARREN_CONFORMANCE_URI") is { } uri
            ? new ExternalBroker(uri, scenarios)
            : new WarrenProcess(scenarios);
}
