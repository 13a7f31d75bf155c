using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>A consumer at one moment, as its queue's home knows it.</summary>
public sealed record ConsumerStatus
{
    /// <summary>The queue that it is for.</summary>
    public required QueueDefinition Queue { get; init; }

    /// <summary>The node that its client is connected to; none: the one that was asked.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Of that node.</summary>
    public required long ConnectionId { get; init; }

    /// <summary>The number of its channel.</summary>
    public required ushort Channel { get; init; }

    public required string Tag { get; init; }

    public bool NoAck { get; init; }

    public bool Exclusive { get; init; }

    /// <summary>0 is unlimited.</summary>
    public int PrefetchCount { get; init; }

    /// <summary>As the client gave them; empty if they are longer than what nodes tell each other.</summary>
    public FieldTable Arguments { get; init; } = FieldTable.Empty;

    /// <summary>It is served: false while a single active consumer of the queue is another one.</summary>
    public bool IsActive { get; init; }

    /// <summary>A queue's consumers, in the order they came. In its turn.</summary>
    internal static ImmutableArray<ConsumerStatus> AllOf(QueueMachine machine, QueueDefinition queue)
    {
        var found = ImmutableArray.CreateBuilder<ConsumerStatus>(machine.ConsumerCount);
        for (Consumer? one = machine.FirstConsumer; one is not null; one = one.Next)
            found.Add(Of(one, queue, machine.Holder is null || machine.Holder == one));
        return found.ToImmutable();
    }

    /// <summary>One consumer, at its queue's home.</summary>
    internal static ConsumerStatus Of(Consumer consumer, QueueDefinition queue, bool isActive) => new()
    {
        Queue = queue,
        Node = consumer.Channel.Node,
        ConnectionId = consumer.Channel.ConnectionId,
        Channel = consumer.Channel.Number,
        Tag = consumer.Tag,
        NoAck = consumer.NoAck,
        Exclusive = consumer.Exclusive,
        PrefetchCount = consumer.PrefetchCount,
        Arguments = consumer.Arguments,
        IsActive = isActive,
    };
}
