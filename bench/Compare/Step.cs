namespace Warren.Compare;

/// <summary>
/// One line of the table: commands in order, the last one's result is what counts. A command is one of the load tool's,
/// or does something to the broker itself (<see cref="BrokerCommand"/>).
/// </summary>
internal sealed record Step(string Title, params string[] Commands)
{
    internal Measure Shows { get; init; } = Measure.Rate;

    internal IReadOnlyList<Expectation> Expected { get; init; } = [];

    /// <summary>Left out for RabbitMQ, which would take very long and is expected nothing of.</summary>
    internal bool WarrenOnly { get; init; }
}
