using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Warren.Broker.Operations;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Asks other nodes who consumes from their queues, for lists: page by page, one frame each, so that however many there
/// are they need no room but one frame's. A page ends anywhere among the consumers of a queue; those that come and go
/// meanwhile may be in the list or not. Guarded by its lock.
/// </summary>
internal sealed class ConsumerQuestions(QueueLinks links)
{
    private const int QuestionBytes = 8 + 8 + 4;
    private const int PageHeadBytes = 8 + 8 + 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<(long Number, NodeId Node), TaskCompletionSource<Page?>> _open = [];
    private long _last;

    /// <summary>
    /// The consumers of all queues of a vhost that other nodes have, of those nodes that can be reached in time.
    /// </summary>
    public async Task<ImmutableArray<ConsumerStatus>> AskAsync(string vhost, TimeSpan patience)
    {
        using var ended = new CancellationTokenSource(patience, links.Broker.Time);
        Task<ImmutableArray<ConsumerStatus>>[] asked =
        [
            .. links.AllPeers.Where(peer => links.Peers.IsUp(peer.Id))
                .Select(peer => AskAsync(peer, vhost, ended.Token)),
        ];
        ImmutableArray<ConsumerStatus>[] answers = await Task.WhenAll(asked).ConfigureAwait(false);
        return [.. answers.SelectMany(static answer => answer)];
    }

    public void Lost(NodeId node)
    {
        lock (_lock)
        {
            foreach (((long, NodeId Node) key, TaskCompletionSource<Page?> page) in _open.ToList())
            {
                if (key.Node == node && _open.Remove(key))
                    page.SetResult(null);
            }
        }
    }

    /// <summary>Another node asks: answered beside the link's reader, since queues are asked in turn.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public void Answer(LinePeer peer, ReadOnlySpan<byte> question)
    {
        var reader = new LineReader(question, 0);
        var place = new Telling(this, peer, reader.Int64(), reader.Int64(), reader.Int32(),
            Encoding.UTF8.GetString(reader.Take(question.Length - QuestionBytes)));
        links.Broker.Turns.Schedule(place);
    }

    /// <summary>Another node has answered.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public void Answered(NodeId node, ReadOnlySpan<byte> body)
    {
        var reader = new LineReader(body, 0);
        long number = reader.Int64();
        long nextQueue = reader.Int64();
        int nextConsumer = reader.Int32();
        var found = ImmutableArray.CreateBuilder<ConsumerStatus>();
        while (!reader.IsAtEnd)
        {
            StandIn? queue = links.FindStandIn(reader.Int64());
            ConsumerStatus consumer = ConsumerFormat.Read(ref reader, queue?.Definition!);
            if (queue?.IsServedBy(links.PeerOf(node)) == true)
                found.Add(consumer);
        }
        TaskCompletionSource<Page?>? page;
        lock (_lock)
            _open.Remove((number, node), out page);
        page?.SetResult(new Page(found.ToImmutable(), nextQueue, nextConsumer));
    }

    private async Task<ImmutableArray<ConsumerStatus>> AskAsync(
        LinePeer peer, string vhost, CancellationToken ended)
    {
        var found = ImmutableArray.CreateBuilder<ConsumerStatus>();
        (long Queue, int Consumer) next = (0, 0);
        while (await AskAsync(peer, vhost, next, ended).ConfigureAwait(false) is { } page)
        {
            found.AddRange(page.Found);
            if (page.NextQueue == 0 || (page.NextQueue, page.NextConsumer).CompareTo(next) <= 0)
                break;
            next = (page.NextQueue, page.NextConsumer);
        }
        return found.ToImmutable();
    }

    // Null: the node is not reached any more, or not in time.
    private async Task<Page?> AskAsync(
        LinePeer peer, string vhost, (long Queue, int Consumer) from, CancellationToken ended)
    {
        byte[] question = new byte[QuestionBytes + Encoding.UTF8.GetByteCount(vhost)];
        var page = new TaskCompletionSource<Page?>(TaskCreationOptions.RunContinuationsAsynchronously);
        (long, NodeId) key;
        lock (_lock)
        {
            key = (++_last, peer.Id);
            _open.Add(key, page);
        }
        BinaryPrimitives.WriteInt64LittleEndian(question, key.Item1);
        BinaryPrimitives.WriteInt64LittleEndian(question.AsSpan(8), from.Queue);
        BinaryPrimitives.WriteInt32LittleEndian(question.AsSpan(16), from.Consumer);
        Encoding.UTF8.GetBytes(vhost, question.AsSpan(QuestionBytes));
        try
        {
            return peer.TrySend(LinkClass.Control, LineFrame.AskConsumers, question)
                ? await page.Task.WaitAsync(ended).ConfigureAwait(false)
                : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            lock (_lock)
                _open.Remove(key);
        }
    }

    private async Task TellAsync(LinePeer peer, long number, long fromQueue, int fromConsumer, string vhost)
    {
        byte[] body = new byte[PeerLink.MostBodyBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, number);
        int used = PageHeadBytes;
        (long Queue, int Consumer) next = (0, 0);
        foreach ((long id, QueueHome queue) in links.Served
            .Where(served => served.Id >= fromQueue && served.Home.Definition.Vhost == vhost
                && served.Home.ConsumerCount > 0)
            .OrderBy(static served => served.Id))
        {
            ImmutableArray<ConsumerStatus> consumers = await queue.ListConsumersAsync().ConfigureAwait(false);
            for (int at = id == fromQueue ? fromConsumer : 0; at < consumers.Length && next.Queue == 0; at++)
            {
                if (used + 8 + ConsumerFormat.MostBytes > body.Length)
                {
                    next = (id, at);
                    break;
                }
                BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(used), id);
                used += 8;
                used += ConsumerFormat.Write(body.AsSpan(used), consumers[at], links.Self);
            }
            if (next.Queue != 0)
                break;
        }
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), next.Queue);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(16), next.Consumer);
        // Without room the question stays open there, and its patience bounds it.
        peer.TrySend(LinkClass.Control, LineFrame.Consumers, body.AsSpan(0, used));
    }

    /// <summary>Some of a node's consumers, and where the next ones begin; queue 0: these were the last.</summary>
    private sealed record Page(ImmutableArray<ConsumerStatus> Found, long NextQueue, int NextConsumer);

    private sealed class Telling(
        ConsumerQuestions questions, LinePeer peer, long number, long queue, int consumer, string vhost)
        : IThreadPoolWorkItem
    {
        public void Execute() => _ = questions.TellAsync(peer, number, queue, consumer, vhost);
    }
}
