using Warren.Amqp;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>
/// A message that is dead-lettered while the power may fail at any moment: in the queue, in the target, in both, but
/// never in none.
/// </summary>
public sealed class DeadLetterTests : IAsyncDisposable
{
    private readonly DurableNode _node = new();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData("rejected")]
    [InlineData("expired")]
    [InlineData("too many")]
    [InlineData("returned too often")]
    public async Task A_dead_letter_is_never_lost(string why)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q", ArgumentsFor(why));
        await client.DeclareAsync("dead");
        await client.ConfirmAsync();
        await client.PublishSafelyAsync("q", "m");
        var crashes = new List<FaultyDisk>();
        var random = new Random(1);
        _node.Disk.BeforeOperation = _ =>
        {
            crashes.Add(_node.Disk.PeekCrash(random, CrashMode.LoseAll));
            crashes.Add(_node.Disk.PeekCrash(random, CrashMode.KeepAll));
            crashes.Add(_node.Disk.PeekCrash(random, CrashMode.Sectors));
        };
        await DieAsync(client, why);
        await Eventually.True(() =>
        {
            _node.Log.CommitRound();
            return _node.LiveQueueEntries() == 1;
        });
        _node.Disk.BeforeOperation = null;
        crashes.Add(_node.Disk.PeekCrash(random, CrashMode.LoseAll));
        Assert.Equal(1u, await client.PassAsync("dead"));
        Assert.True(crashes.Count > 6);
        bool isLast = false;
        foreach (FaultyDisk crashed in crashes)
        {
            isLast = crashed == crashes[^1];
            await using var again = new DurableNode(crashed);
            client = await again.ConnectAsync();
            uint inQueue = await client.PassAsync("q");
            uint inTarget = await client.PassAsync("dead");
            Assert.InRange(inQueue + inTarget, 1u, isLast ? 1u : 2u);
        }
        Assert.True(isLast);
    }

    private static FieldTable ArgumentsFor(string why)
    {
        FieldTable arguments = DurableClient.Arguments(
            ("x-dead-letter-exchange", FieldValue.Of("")), ("x-dead-letter-routing-key", FieldValue.Of("dead")));
        switch (why)
        {
            case "expired":
                // Longer than a restart, which does not let time pass.
                arguments.Add("x-message-ttl", FieldValue.Of(1000));
                break;
            case "too many":
                arguments.Add("x-max-length", FieldValue.Of(1));
                break;
            case "returned too often":
                arguments.Add("x-queue-type", FieldValue.Of("quorum"));
                arguments.Add("x-delivery-limit", FieldValue.Of(0));
                break;
        }
        return arguments;
    }

    private async Task DieAsync(DurableClient client, string why)
    {
        switch (why)
        {
            case "rejected":
                await client.NackAsync("q", (await client.GetAsync("q"))!, requeue: false);
                break;
            case "expired":
                _node.Host.Time.Advance(TimeSpan.FromSeconds(2));
                break;
            case "too many":
                await client.PublishAsync("q", "transient", persistent: false);
                await client.Wire.ExpectAsync(MethodId.BasicAck);
                await client.PassAsync("q");
                break;
            case "returned too often":
                await client.NackAsync("q", (await client.GetAsync("q"))!, requeue: true);
                break;
        }
        await _node.Host.QueueHolds("dead", 1, 0);
    }
}
