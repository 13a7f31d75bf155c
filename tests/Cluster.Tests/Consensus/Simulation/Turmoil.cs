using Warren.Cluster.Consensus;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>How often what happens: one step in so many.</summary>
internal sealed record Turmoil
{
    /// <summary>Faults between times of work: logs grow, and are compacted.</summary>
    public static Turmoil Calm { get; } = new();

    /// <summary>As <see cref="Calm"/>, and who is far behind gets more at once than the others.</summary>
    public static Turmoil Lagging { get; } = Calm with { Options = Calm.Options with { LaggingAppendBytes = 600 } };

    /// <summary>
    /// Faults before anything is done with the last one: several leaders that do not know of each other, entries one by
    /// one, messages from long ago.
    /// </summary>
    public static Turmoil Wild { get; } = new()
    {
        Options = new RaftOptions
        {
            ElectionTicks = 4,
            AppendBytes = 1,
            LaggingAppendBytes = 1,
            InflightBytes = 300,
            PayloadBytes = 100,
            UncommittedBytes = 2000,
        },
        DelayMost = 25,
        ChangeOneIn = 6,
        CampaignOneIn = 8,
        CrashOneIn = 20,
        StartOneIn = 3,
        CutOneIn = 20,
        HealOneIn = 20,
        LonelyLeaderOneIn = 2,
    };

    /// <summary>As <see cref="Wild"/>, and the members stay mostly the same: it is all about who leads.</summary>
    public static Turmoil Restless { get; } = Wild with
    {
        Options = Wild.Options with { LaggingAppendBytes = 200 },
        FoundersLeast = 3,
        ChangeOneIn = 400,
        DelayMost = 12,
        DamageOneIn = 2,
    };

    public RaftOptions Options { get; private init; } = new()
    {
        ElectionTicks = 10,
        AppendBytes = 200,
        LaggingAppendBytes = 200,
        InflightBytes = 600,
        InflightAppends = 8,
        PayloadBytes = 100,
        UncommittedBytes = 4000,
    };

    public int FoundersLeast { get; private init; } = 1;

    /// <summary>Of crashes of who may be damaged.</summary>
    public int DamageOneIn { get; private init; } = 6;

    /// <summary>New leaders that do something at once, and are heard by one other node only.</summary>
    public int LonelyLeaderOneIn { get; private init; } = 20;

    public int DelayMost { get; private init; } = 8;

    public int ChangeOneIn { get; private init; } = 40;

    public int CampaignOneIn { get; private init; } = 200;

    public int CrashOneIn { get; private init; } = 60;

    public int StartOneIn { get; private init; } = 10;

    public int CutOneIn { get; private init; } = 60;

    public int HealOneIn { get; private init; } = 40;
}
