namespace Warren.Faults.Scenarios;

/// <summary>How a run of kills goes.</summary>
internal sealed record KillOptions
{
    /// <summary>What all randomness follows from.</summary>
    public required int Seed { get; init; }

    /// <summary>How often the node is killed under load.</summary>
    public int Rounds { get; init; } = 200;

    /// <summary>The most messages that are confirmed in a round before the kill.</summary>
    public int MostConfirms { get; init; } = 4000;

    /// <summary>Told of every round and of the whole.</summary>
    public Action<string> Report { get; init; } = _ => { };

    /// <summary>Called with the round, from 1, between its kill and the start, to damage what is on the disk.</summary>
    public Action<int>? BeforeStart { get; init; }
}
