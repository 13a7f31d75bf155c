using System.Collections.Concurrent;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Lines of a node to replicated queues that it leads itself, with many queues' turns at once.</summary>
public sealed class OwnLineTests
{
    private const int Queues = 16;
    private const int Messages = 2000;

    [Fact]
    public async Task Many_queues_at_once_lose_nothing_and_keep_the_order()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 1);
        MessageBroker broker = cluster.Nodes[0].Broker;
        var arrived = new ConcurrentDictionary<int, bool>();
        var counts = new ConcurrentDictionary<int, int>();
        Led[] led = [.. Enumerable.Range(0, Queues).Select(number => new Led(broker, 1_000_000 + number))];
        await Task.WhenAll(led.Select((queue, number) => Task.Run(() =>
        {
            for (int message = 0; message < Messages; message++)
            {
                queue.Publish(message, accepted =>
                {
                    arrived[(number * Messages) + message] = accepted;
                    counts.AddOrUpdate(number, 1, static (_, count) => count + 1);
                });
            }
        })));
        await Eventually.True(() => Enumerable.Range(0, Queues).All(
            number => counts.GetValueOrDefault(number) == Messages));
        Assert.All(arrived.Values, Assert.True);
        foreach (Led queue in led)
            await queue.AssertInOrder();
    }

    private sealed class Led
    {
        private readonly MessageBroker _broker;
        private readonly ReplicatedHome _home;
        private readonly Queue _queue;

        public Led(MessageBroker broker, long id)
        {
            _broker = broker;
            _home = new ReplicatedHome(broker, broker.QueueLinks!, new QueueSettings());
            _home.Definition = new QueueDefinition
            {
                Id = new QueueId(id),
                Vhost = "/",
                Name = $"q{id}",
                Home = _home,
            };
            _queue = new Queue(broker, new QueueSettings()) { Definition = _home.Definition };
            broker.QueueLinks!.Add(_home.Definition);
            broker.QueueLinks.BeginLeading(new ReplicatedLeader(id, _queue, term: 1));
        }

        public void Publish(int number, Action<bool> verdict)
        {
            Message message = MessageInOwnSlab.Store(
                _broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), Encoding.UTF8.GetBytes($"{number}"));
            _home.Post(QueueCommand.Publish(message, 0, false, -1, null, 0, new PublishGroup(1, verdict)));
        }

        public async Task AssertInOrder()
        {
            for (int number = 0; number < Messages; number++)
            {
                var get = new FetchRequest();
                _home.Post(QueueCommand.Get(get, noAck: true));
                (_, FetchedMessage? found) = await get.Task.WaitAsync(Eventually.Patience);
                Assert.Equal($"{number}", Encoding.UTF8.GetString(found!.Body));
            }
            Assert.Equal(0, _queue.ReadyCount);
        }
    }
}
