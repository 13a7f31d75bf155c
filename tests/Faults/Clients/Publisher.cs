using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>Publishes with confirms, never more than its window ahead of them.</summary>
internal sealed class Publisher(
    string name, Ledger ledger, string exchange, string routingKey, IReadOnlyList<QueueLedger> queues)
    : Client(name)
{
    private readonly Source _source = new(ledger.NewSource());

    /// <summary>The most messages without confirm.</summary>
    public int Window { get; init; } = 100;

    /// <summary>What it publishes.</summary>
    public MessageKind Kind { get; init; } = new();

    /// <summary>Goes on until the node dies, or the predicate says that it is enough and all is confirmed.</summary>
    public Func<bool>? IsEnough { get; init; }

    /// <summary>Called when the node says that it takes no messages for now.</summary>
    public Action<string>? OnBlocked { get; init; }

    protected override async Task WorkAsync(Session session, Random random)
    {
        if (!await ConfirmedPublishing.BeginAsync(session))
            return;
        var publishing = new ConfirmedPublishing(ledger, _source, exchange, routingKey, queues);
        while (true)
        {
            bool isEnough = IsEnough?.Invoke() ?? false;
            if (isEnough && publishing.Open == 0)
                return;
            // Sometimes a trickle, sometimes a burst.
            if (!isEnough && publishing.Open <= random.Next(Window))
            {
                for (int count = random.Next(1, Window - publishing.Open + 1); count > 0; count--)
                    publishing.Add(session, Kind, random);
                await session.FlushAsync();
            }
            if (await session.NextAsync() is not { } received)
                return;
            if (!publishing.TryTake(received))
                throw new FaultException($"a confirm was expected, {received} came");
        }
    }
}
