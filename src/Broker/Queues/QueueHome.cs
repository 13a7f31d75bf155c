using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Broker.Turns;
using Warren.Cluster;

namespace Warren.Broker.Queues;

/// <summary>
/// Where a queue's commands are posted: the <see cref="Queue"/> itself on its home node, and on every other node a
/// <see cref="Remote.StandIn"/> that carries them there and carries out here what comes back. Who posts need not
/// know which of them it is. Counts are the turn's; others may read an old value, and those of a queue on another node
/// are as old as the last time somebody asked for them.
/// </summary>
public abstract class QueueHome : Mailbox<QueueCommand>
{
    private QueueSettings _settings;

    private protected QueueHome(ITurnScheduler turns, QueueSettings settings)
        : base(turns) => _settings = settings;

    /// <summary>Set once, before the queue is in the topology.</summary>
    internal QueueDefinition Definition { get; set; } = null!;

    /// <summary>The rules in force, its policies' included; the turn's, others may read an old value.</summary>
    internal QueueSettings Settings
    {
        get => Front?.Settings ?? Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>Other rules, before it is opened by a start.</summary>
    internal virtual void ConfigureEarly(QueueSettings settings) => Settings = settings;

    /// <summary>Ready messages.</summary>
    public abstract int ReadyCount { get; }

    /// <summary>Messages handed out and not settled.</summary>
    public abstract int UnackedCount { get; }

    /// <summary>Bytes of the ready messages' bodies.</summary>
    public abstract long ReadyBytes { get; }

    /// <summary>Bytes of the bodies that are handed out.</summary>
    public abstract long UnackedBytes { get; }

    /// <summary>Bytes of ready messages that are in memory.</summary>
    public abstract long ResidentBytes { get; }

    /// <summary>Consumers of all nodes.</summary>
    public abstract int ConsumerCount { get; }

    /// <summary>Bytes of the messages' bodies, ready and unacked.</summary>
    public long MessageBytes => ReadyBytes + UnackedBytes;

    /// <summary>
    /// The single active or the exclusive consumer, of whatever node; null: all consumers are served, or there is none.
    /// </summary>
    public abstract ConsumerStatus? Holder { get; }

    /// <summary>Its consumers of all nodes, in the order they came; of a queue that this node serves alone.</summary>
    internal Task<ImmutableArray<ConsumerStatus>> ListConsumersAsync()
    {
        var listed = new TaskCompletionSource<ImmutableArray<ConsumerStatus>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        Post(QueueCommand.ListConsumers(listed));
        return listed.Task;
    }

    /// <summary>
    /// The queue has become a replicated one in this process: where commands that are posted here go on to, and what is
    /// to be seen of it; null: this is it. Any thread.
    /// </summary>
    internal virtual QueueHome? Front => null;

    /// <summary>Its home node has not been reached for longer than is waited for.</summary>
    public bool IsAway => Unavailable is not null;

    /// <summary>
    /// Its home node has a link with this one now, so that what it counts is known. A link that is back soon is missed
    /// by nobody: until then the queue is not away.
    /// </summary>
    public virtual bool IsReached => Front?.IsReached ?? true;

    /// <summary>What a client would be told while the home node is away; null: it is there.</summary>
    public string? AwayText => Unavailable?.ReplyText;

    /// <summary>
    /// The members that have all of a replicated queue, as its leader sees or last told it; none: nobody has told, or
    /// it is not replicated.
    /// </summary>
    internal virtual ImmutableArray<NodeId> InStep => [];

    /// <summary>The same, if that is known since a moment; else none.</summary>
    internal virtual ImmutableArray<NodeId> InStepSince(long sinceMs) => Front?.InStepSince(sinceMs) ?? InStep;

    /// <summary>The queue is on another node.</summary>
    internal virtual bool IsRemote => Front is not null;

    /// <summary>What a client is told who wants something of the queue while its home node is away; null: it is there.
    /// </summary>
    internal virtual AmqpException? Unavailable => Front?.Unavailable;

    /// <summary>
    /// So much waits to go to it that who sends without credit of his own, a queue's dead letters, must hold more back.
    /// </summary>
    internal virtual bool IsFull => Front?.IsFull == true;
}
