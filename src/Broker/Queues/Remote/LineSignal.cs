namespace Warren.Broker.Queues.Remote;

/// <summary>What happens to a line beside its frames.</summary>
internal enum LineSignal
{
    /// <summary>There is a link with the other node.</summary>
    Up,

    /// <summary>There is none any more.</summary>
    Down,

    /// <summary>What was turned away for want of room may be sent now.</summary>
    Room,

    /// <summary>Time has gone on.</summary>
    Tick,

    /// <summary>A queue takes publishes again: the other side may be granted more.</summary>
    Credit,

    /// <summary>The queue is known here by now.</summary>
    Known,

    /// <summary>The other node's process is another one: the line is over.</summary>
    Retire,

    /// <summary>Another node leads a replicated queue, or the same one in another term, or it says so again.</summary>
    Led,

    /// <summary>This node leads a replicated queue no more.</summary>
    NotLeading,

    /// <summary>The queue becomes a replicated one, and lines to it are moved.</summary>
    Moving,

    /// <summary>By its definition the queue is a replicated one.</summary>
    Replicated,

    /// <summary>The line before this one has ended, and all of it is with the queue again.</summary>
    Left,
}
