using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Operations;

/// <summary>
/// What an operator does to queues, without a connection: by the same commands in the same turns as a client's, but
/// nobody's permissions are asked. Any thread; each task ends when a client would have got the reply.
/// </summary>
public sealed class QueueOperations
{
    /// <summary>Of an operator's publishes, as many are under way as make up this much.</summary>
    public const int BatchBytes = 16 * 1024 * 1024;

    private readonly MessageBroker _broker;

    internal QueueOperations(MessageBroker broker) => _broker = broker;

    /// <summary>Declares a queue that no connection owns.</summary>
    /// <exception cref="AmqpException">What a client would be told.</exception>
    public Task DeclareAsync(
        string vhost, string name, bool isDurable, bool isAutoDelete, FieldTable arguments)
    {
        var change = new OperatorDeclare(new QueueDeclaration
        {
            Vhost = vhost,
            Name = name,
            Durable = isDurable,
            AutoDelete = isAutoDelete,
            Arguments = arguments,
        });
        _broker.Definitions.Post(change);
        return change.Task;
    }

    /// <summary>
    /// Ends with true when this node knows all that was answered to anybody before it was asked; with false if it
    /// cannot: then what it finds may be of before.
    /// </summary>
    public Task<bool> KnowsAllAsync()
    {
        if (_broker.Definitions.HasLease)
            return Task.FromResult(true);
        var known = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _broker.Definitions.RequestBarrier(known.SetResult);
        return known.Task;
    }

    /// <summary>Drops all ready messages; returns how many, when none of them can come back.</summary>
    public static async Task<(AnswerKind Answer, long Messages)> PurgeAsync(QueueDefinition queue)
    {
        var request = new CountRequest();
        queue.Home.Post(QueueCommand.Purge(request));
        (AnswerKind answer, long messages) = await request.Task.ConfigureAwait(false);
        if (answer == AnswerKind.Ok)
            await AwaitDurableAsync(queue).ConfigureAwait(false);
        return (answer, messages);
    }

    /// <summary>
    /// Deletes a queue, if need be only an empty or an unused one; returns how many messages were ready. One whose home
    /// is down goes with what it holds there, unless something is asked of it: what is down for good can be cleared.
    /// </summary>
    public async Task<(AnswerKind Answer, long Messages)> DeleteAsync(
        QueueDefinition queue, bool ifUnused, bool ifEmpty)
    {
        var request = new CountRequest();
        queue.Home.Post(QueueCommand.Close(request, ifUnused, ifEmpty));
        (AnswerKind answer, long messages) = await request.Task.ConfigureAwait(false);
        if (answer == AnswerKind.Unavailable && !ifUnused && !ifEmpty)
            (answer, messages) = (AnswerKind.Ok, 0);
        if (answer is AnswerKind.Ok or AnswerKind.Closed)
        {
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _broker.Definitions.Post(new RemoveQueue(queue, gone));
            await gone.Task.ConfigureAwait(false);
        }
        return (answer, messages);
    }

    /// <summary>
    /// Asks the other nodes for the counts of their queues, which <see cref="QueueHome"/> shows from then on; ends when
    /// all that can be reached have answered, or in time.
    /// </summary>
    public Task RefreshCountsAsync(TimeSpan patience) =>
        _broker.QueueLinks?.RefreshCountsAsync(patience) ?? Task.CompletedTask;

    /// <summary>
    /// The consumers of a vhost's queues, of all nodes: by the queues' names, and in the order they came. What other
    /// nodes do not tell in time is not there.
    /// </summary>
    public async Task<IReadOnlyList<ConsumerStatus>> ListConsumersAsync(Vhost vhost, TimeSpan patience)
    {
        Task<ImmutableArray<ConsumerStatus>>[] asked =
        [
            .. vhost.Queues.Select(queue => queue.Value.Home).OfType<Queue>()
                .Concat(_broker.QueueLinks?.LedIn(vhost.Name) ?? [])
                .Where(queue => queue.ConsumerCount > 0).Select(queue => queue.ListConsumersAsync()),
            _broker.QueueLinks?.ListConsumersAsync(vhost.Name, patience)
                ?? Task.FromResult(ImmutableArray<ConsumerStatus>.Empty),
        ];
        ImmutableArray<ConsumerStatus>[] answers = await Task.WhenAll(asked).ConfigureAwait(false);
        return
        [
            .. answers.SelectMany(static answer => answer)
                .OrderBy(static consumer => consumer.Queue.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether the queue's turn answers within the time.</summary>
    public async Task<bool> AnswersAsync(QueueDefinition queue, TimeSpan patience)
    {
        var request = new CountRequest();
        queue.Home.Post(QueueCommand.Status(request, touches: false));
        try
        {
            (AnswerKind answer, _) = await request.Task.WaitAsync(patience, _broker.Time).ConfigureAwait(false);
            return answer != AnswerKind.Unavailable;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// Hands the first messages of a queue to <paramref name="take"/>, in order, and then takes them out, for good, or
    /// puts them back in their places; they go back as well if <paramref name="take"/> fails: none is lost. As many as
    /// are asked for, but no more than make up 16 MiB.
    /// </summary>
    public static async Task<AnswerKind> GetAsync(
        QueueDefinition queue, int count, bool takesOut, Func<ImmutableArray<FetchedMessage>, Task> take,
        CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<FetchedMessage>();
        AnswerKind answer = AnswerKind.Ok;
        long foundBytes = 0;
        while (found.Count < count && foundBytes < BatchBytes && answer == AnswerKind.Ok
            && !cancellation.IsCancellationRequested)
        {
            var request = new FetchRequest();
            queue.Home.Post(QueueCommand.Get(request, noAck: false));
            (answer, FetchedMessage? message) = await request.Task.ConfigureAwait(false);
            if (message is null)
                continue;
            found.Add(message);
            foundBytes += message.Body.Length;
        }
        bool isTaken = false;
        try
        {
            await take(found.ToImmutable()).ConfigureAwait(false);
            isTaken = takesOut;
        }
        finally
        {
            foreach (FetchedMessage message in found)
            {
                queue.Home.Post(isTaken
                    ? QueueCommand.Settle(message.Slot, message.Position, message.Epoch)
                    : QueueCommand.Return(
                        message.Slot, message.Position, countsDelivery: false, message.Epoch));
            }
        }
        if (isTaken)
            await AwaitDurableAsync(queue).ConfigureAwait(false);
        return answer == AnswerKind.Empty ? AnswerKind.Ok : answer;
    }

    /// <summary>
    /// Publishes a message so many times, and waits for every confirm; as a client's publishes do, it waits while this
    /// node is cut off from what others bind.
    /// </summary>
    public Task<PublishOutcome> PublishAsync(
        Vhost vhost, string exchange, string routingKey, BasicProperties properties, ReadOnlyMemory<byte> body,
        int count, CancellationToken cancellation) =>
        new OperatorPublishes(_broker, vhost.Name, exchange, routingKey, properties, body)
            .RunAsync(count, cancellation);

    // What the queue has decided so far is on stable storage.
    private static Task AwaitDurableAsync(QueueDefinition queue)
    {
        if (!queue.SurvivesRestart)
            return Task.CompletedTask;
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Home.Post(QueueCommand.Sync(new PublishGroup(1, _ => durable.SetResult())));
        return durable.Task;
    }
}
