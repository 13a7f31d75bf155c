using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A classic queue under an <c>ha-*</c> policy keeps what its publishers do not want kept, too.</summary>
public sealed class MirroredQueueTests : IAsyncDisposable
{
    private readonly LiveCluster _cluster = new(3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transient_message_is_on_every_member_before_it_is_confirmed(bool isMirroredFirst)
    {
        await _cluster.ServingAsync();
        Link client = await _cluster[1].ConnectWithChannelAsync();
        if (isMirroredFirst)
            await MirrorAsync();
        await _cluster[1].Broker.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        if (!isMirroredFirst)
            await MirrorAsync();
        await Eventually.True(() => Members().Count() == 3 && Members().Any(static member => member.IsServing));
        await client.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        for (int number = 1; number <= 3; number++)
        {
            client.Client.AddPublish(1, "", "q", WireClient.Bytes($"{number}"));
            await client.Client.FlushAsync();
            await client.Client.ExpectAsync(MethodId.BasicAck);
            // What a member has applied is committed: on two of three at least.
            Assert.Contains(Members(), member => member.IsServing && member.Replica.Messages.Count == number);
        }
        await Eventually.True(() => Members().All(static member => member.Replica.Messages.Count == 3));
        await client.Client.SendAsync(1, WireClient.Consume("q", "c", noAck: false, noWait: false));
        await client.Client.ExpectAsync(MethodId.BasicConsumeOk);
        for (int number = 1; number <= 3; number++)
        {
            Received delivery = await client.Client.ExpectAsync(MethodId.BasicDeliver);
            Assert.Equal(WireClient.Bytes($"{number}"), delivery.Body);
            await client.Client.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        }
        await Eventually.True(() => Members().All(static member => member.Replica.Messages.Count == 0));
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private Task MirrorAsync() =>
        _cluster[1].Broker.Administration.Policies.SetAsync("/", "ha", "^q$", Fields.Of(("ha-mode", "all")));

    private IEnumerable<ReplicatedQueue> Members() => Enumerable.Range(1, 3)
        .Select(number => _cluster[number].Broker)
        .SelectMany(static broker => broker.AllQueues()
            .Where(static queue => queue.Name == "q")
            .Select(queue => ((QueueReplication)broker.Replication!).Find(queue.Id)))
        .OfType<ReplicatedQueue>();
}
