using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Turns;

namespace Warren.Broker.Tests.Remote;

/// <summary>A replicated queue where it is led: only notes what is posted to it.</summary>
internal sealed class LedQueue(ITurnScheduler turns) : QueueHome(turns, new QueueSettings())
{
    public List<QueueCommand> Commands { get; } = [];

    public IEnumerable<QueueCommandKind> Kinds => Commands.Select(static command => command.Kind);

    public override int ReadyCount => 3;

    public override int UnackedCount => 2;

    public override long ReadyBytes => 30;

    public override long UnackedBytes => 20;

    public override long ResidentBytes => 0;

    public override int ConsumerCount => 1;

    public override ConsumerStatus? Holder => null;

    /// <summary>Those of a kind, which are taken out.</summary>
    public List<QueueCommand> Take(QueueCommandKind kind)
    {
        List<QueueCommand> taken = Commands.FindAll(command => command.Kind == kind);
        Commands.RemoveAll(command => command.Kind == kind);
        return taken;
    }

    protected override void Handle(ReadOnlySpan<QueueCommand> batch) => Commands.AddRange(batch);
}
