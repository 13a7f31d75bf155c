namespace Warren.Broker.Connections;

/// <summary>What an <see cref="OutboxItem"/> becomes on the wire.</summary>
public enum OutboxItemKind : byte
{
    /// <summary>basic.deliver with its content.</summary>
    Deliver,

    /// <summary>basic.deliver of a direct reply: no queue, no acknowledgement.</summary>
    DeliverReply,

    /// <summary>basic.get-ok with its content.</summary>
    GetOk,

    /// <summary>basic.return with its content.</summary>
    Return,

    /// <summary>A verdict on a publish: part of a basic.ack, or a basic.nack.</summary>
    Confirm,

    /// <summary>Frames that somebody encoded already.</summary>
    Frames,

    /// <summary>channel.close or close-ok: after it nothing more is written for the channel.</summary>
    ChannelEnd,

    /// <summary>connection.close or close-ok: after it only another of them goes out.</summary>
    ConnectionEnd,

    /// <summary>Everything before it goes out, then the socket is shut.</summary>
    End,

    // What follows is for clients of another node and never reaches an output loop: see Queues.Remote.QueueVisit.

    /// <summary>A queue's answer to a request of another node.</summary>
    VisitAnswer,

    /// <summary>Something that a channel of another node is to be told.</summary>
    VisitEvent,

    /// <summary>A frame from another node.</summary>
    PeerFrame,

    /// <summary>The link with another node changed, or time has gone on.</summary>
    PeerSignal,

    /// <summary>The queue has become a replicated one: what its clients of another node hold.</summary>
    LineHandedOver,
}
