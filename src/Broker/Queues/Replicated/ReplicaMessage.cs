using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>A live message as a replica knows it: where it lies and what a leader's machine must know of it.</summary>
internal struct ReplicaMessage
{
    /// <summary>Its place in the group, which is its position in the queue.</summary>
    public long Index;

    /// <summary>In the queue's own time, ms; <see cref="long.MaxValue"/>: never.</summary>
    public long ExpiresAt;

    /// <summary>On this node's disk.</summary>
    public Position Record;

    public int EnvelopeBytes;
    public int PropertiesBytes;
    public int BodyBytes;

    /// <summary>How often it has come back.</summary>
    public int DeliveryCount;

    /// <summary>Of the entry's meta.</summary>
    public ushort MetaBytes;
    public byte Priority;
    public bool IsPersistent;
    public bool IsGone;

    /// <summary>It has been handed out to nobody, as far as the next leader of this member is concerned.</summary>
    public bool IsFresh;

    public readonly int PayloadBytes => MetaBytes + EnvelopeBytes + PropertiesBytes + BodyBytes;

    public readonly long RecordBytes => (long)PayloadBytes + EntryReader.EntryOverheadBytes;
}
