using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// Publishes with confirms until the broker says that it takes no more, or so many bytes were published.
/// </summary>
internal sealed class FillingPublisher(string name, Ledger ledger, QueueLedger queue, long mostBytes) : Client(name)
{
    private const int Window = 50;

    private readonly Source _source = new(ledger.NewSource());

    /// <summary>What it publishes.</summary>
    public MessageKind Kind { get; init; } = new() { LeastBytes = 2_000, MostBytes = 100_000 };

    /// <summary>Why the broker took no more; null: it took all.</summary>
    public string? BlockedReason { get; private set; }

    protected override async Task WorkAsync(Session session, Random random)
    {
        BlockedReason = null;
        if (!await ConfirmedPublishing.BeginAsync(session))
            return;
        var publishing = new ConfirmedPublishing(ledger, _source, "", queue.Name, [queue]);
        long bytes = 0;
        while (bytes < mostBytes || publishing.Open > 0)
        {
            while (bytes < mostBytes && publishing.Open < Window)
                bytes += publishing.Add(session, Kind, random).SizeBytes;
            // Once it is blocked the broker reads no more, so nobody waits for it to take everything.
            Task flushed = session.FlushAsync();
            if (await session.NextAsync() is not { } received)
                throw new FaultException("the connection ended");
            if (received.Method == MethodId.ConnectionBlocked)
            {
                BlockedReason = received.BlockedReason;
                return;
            }
            if (!publishing.TryTake(received))
                throw new FaultException($"a confirm was expected, {received} came");
            await flushed;
        }
    }
}
