namespace Warren.Broker.Queues.Remote;

/// <summary>Times and bounds of the lines between nodes.</summary>
public sealed record LineOptions
{
    /// <summary>
    /// What may be on its way to one queue and not handed to it: one queue that does not take its publishes holds so
    /// much at its home, and so much again in its mailbox, and no part of the class that others use.
    /// </summary>
    internal const int WindowBytes = 1024 * 1024;

    /// <summary>
    /// What may wait at a stand-in before those who have no credit of their own, dead letters, are held back.
    /// </summary>
    internal const int FullBytes = 2 * 1024 * 1024;

    /// <summary>
    /// What may wait at a stand-in before dead letters of which their source has nothing stored are dropped: it is held
    /// back long before, so that only publishes refused with reject-publish-dlx come so far.
    /// </summary>
    internal const int MostUnawaitedBytes = 16 * 1024 * 1024;

    /// <summary>
    /// What may wait at a home for a queue that it does not know yet: the window of publishes, and more consumers than
    /// any node adds to a queue within the time.
    /// </summary>
    internal const int MostEarlyBytes = 8 * 1024 * 1024;

    /// <summary>The same for all such queues of a node: a line that brings more is given up.</summary>
    internal const int MostEarlyBytesOfNode = 64 * 1024 * 1024;

    /// <summary>
    /// Lines of a node to queues that its home does not know yet: an import of thousands of queues is no reason to end
    /// a link.
    /// </summary>
    internal const int MostEarlyLines = 16 * 1024;

    /// <summary>
    /// How long a node waits for a lost link before its clients are told that the queue's home is away. A link counts
    /// as lost after a second of silence; one that breaks and is dialed again is back within some tenths.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a home waits before it takes back what clients of a lost node hold, and lets others be the single
    /// active consumer. Longer than <see cref="Patience"/> by more than clocks differ: the lost node gives up first.
    /// </summary>
    public TimeSpan HomePatience { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Publishes to a replicated queue that may be unanswered before their publishers are held back: they are kept
    /// until they are committed, and sent again to the next leader.
    /// </summary>
    internal const long MostUnansweredBytes = 8 * 1024 * 1024;

    /// <inheritdoc cref="MostUnansweredBytes"/>
    internal const int MostUnanswered = 50_000;

    /// <summary>
    /// How long a replicated queue may have no leader before publishes are nacked and requests refused: several
    /// elections, and less than clients wait for an answer.
    /// </summary>
    public TimeSpan PublishPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a leader that is heard by relay alone may be without a link before it is told so, and how often then:
    /// longer than a link that breaks and is dialed again takes, and half of <see cref="Patience"/>, so that another
    /// one leads before anybody gives up.
    /// </summary>
    internal TimeSpan UnreachedPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a new leader waits for nodes to say what their clients hold, and for a link that was lost before:
    /// longer than it takes to notice that a node is gone.
    /// </summary>
    internal TimeSpan TakeoverPatience { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>
    /// How long a queue delivers nothing because a node has said that more of the same cause comes. It is sent in one
    /// go: what is not here by then comes by a link that does not go on, and order among consumers is worth no more.
    /// </summary>
    internal TimeSpan TogetherPatience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often lines that wait for something look at their clocks.</summary>
    internal TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);
}
