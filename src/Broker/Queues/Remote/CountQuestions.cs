using System.Buffers.Binary;
using System.Collections.Immutable;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Operations;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Asks other nodes how many messages and consumers their queues have, for lists. One question for each node, however
/// many queues: what it answers is kept at the stand-ins. Guarded by its lock.
/// </summary>
internal sealed class CountQuestions(QueueLinks links)
{
    private const int HeadBytes = 9;
    private const int EntryBytes = 8 + 4 + 4 + 8 + 8 + 8 + 4 + 1;
    private const int MostInStepBytes = 1 + (QueueMembersEntry.Most * NodeId.SizeBytes);

    private readonly Lock _lock = new();
    private readonly Dictionary<(long Number, NodeId Node), TaskCompletionSource> _open = [];
    private long _last;

    /// <summary>Ends when each node with a link has answered or lost its link, or patience is at its end.</summary>
    public async Task AskAsync(TimeSpan patience)
    {
        var answers = new List<Task>();
        byte[] body = new byte[8];
        lock (_lock)
        {
            BinaryPrimitives.WriteInt64LittleEndian(body, ++_last);
            foreach (LinePeer peer in links.AllPeers.Where(peer => links.Peers.IsUp(peer.Id)))
            {
                var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (!peer.TrySend(LinkClass.Control, LineFrame.AskCounts, body))
                    continue;
                _open[(_last, peer.Id)] = answer;
                answers.Add(answer.Task);
            }
        }
        try
        {
            await Task.WhenAll(answers).WaitAsync(patience, links.Broker.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The lists show what was known before.
        }
        lock (_lock)
        {
            long number = BinaryPrimitives.ReadInt64LittleEndian(body);
            foreach ((long Number, NodeId Node) key in _open.Keys.Where(key => key.Number == number).ToList())
                _open.Remove(key);
        }
    }

    public void Lost(NodeId node)
    {
        lock (_lock)
        {
            foreach (((long, NodeId Node) key, TaskCompletionSource answer) in _open.ToList())
            {
                if (key.Node == node && _open.Remove(key))
                    answer.SetResult();
            }
        }
    }

    /// <summary>Another node asks: told in a turn of its own, since there may be many queues.</summary>
    public void Answer(LinePeer peer, ReadOnlySpan<byte> question)
    {
        if (question.Length == 8)
            links.Broker.Turns.Schedule(
                new Telling(this, peer, BinaryPrimitives.ReadInt64LittleEndian(question)));
    }

    /// <summary>Another node has answered.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public void Answered(NodeId node, ReadOnlySpan<byte> body)
    {
        if (body.Length < HeadBytes)
            throw new FormatException($"counts of queues in {body.Length} bytes");
        var reader = new LineReader(body, HeadBytes);
        while (!reader.IsAtEnd)
            Read(ref reader, node);
        if (body[8] == 0)
            return;
        lock (_lock)
        {
            if (_open.Remove((BinaryPrimitives.ReadInt64LittleEndian(body), node), out TaskCompletionSource? answer))
                answer.SetResult();
        }
    }

    private void Read(ref LineReader reader, NodeId node)
    {
        StandIn? queue = links.FindStandIn(reader.Int64());
        int ready = reader.Int32();
        int unacked = reader.Int32();
        long readyBytes = reader.Int64();
        long unackedBytes = reader.Int64();
        long residentBytes = reader.Int64();
        int consumers = reader.Int32();
        ConsumerStatus? holder = reader.Byte() == 0 ? null : ConsumerFormat.Read(ref reader, queue?.Definition!);
        var inStep = new NodeId[reader.Byte()];
        for (int place = 0; place < inStep.Length; place++)
            inStep[place] = NodeId.Read(reader.Take(NodeId.SizeBytes));
        // What is not known here any more was read all the same, for what is behind it.
        if (queue?.IsServedBy(links.PeerOf(node)) == true)
        {
            queue.Counts = new QueueCounts(
                ready, unacked, readyBytes, unackedBytes, residentBytes, consumers, holder, [.. inStep],
                links.Broker.NowMs);
        }
    }

    private void Tell(LinePeer peer, long number)
    {
        byte[] body = new byte[PeerLink.MostBodyBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, number);
        int used = HeadBytes;
        foreach ((long id, QueueHome queue) in links.Served)
        {
            if (used + EntryBytes + ConsumerFormat.MostBytes + MostInStepBytes > body.Length)
            {
                // Without room the question stays open there, and its patience bounds it.
                if (!peer.TrySend(LinkClass.Control, LineFrame.Counts, body.AsSpan(0, used)))
                    return;
                used = HeadBytes;
            }
            used += Write(body.AsSpan(used), id, queue);
        }
        body[8] = 1;
        peer.TrySend(LinkClass.Control, LineFrame.Counts, body.AsSpan(0, used));
    }

    private int Write(Span<byte> entry, long id, QueueHome queue)
    {
        BinaryPrimitives.WriteInt64LittleEndian(entry, id);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], queue.ReadyCount);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], queue.UnackedCount);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], queue.ReadyBytes);
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], queue.UnackedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(entry[32..], queue.ResidentBytes);
        BinaryPrimitives.WriteInt32LittleEndian(entry[40..], queue.ConsumerCount);
        ConsumerStatus? holder = queue.Holder;
        entry[44] = holder is null ? (byte)0 : (byte)1;
        int used = EntryBytes;
        if (holder is not null)
            used += ConsumerFormat.Write(entry[used..], holder, links.Self);
        ImmutableArray<NodeId> inStep = queue.InStep;
        int told = Math.Min(inStep.Length, QueueMembersEntry.Most);
        entry[used++] = (byte)told;
        for (int place = 0; place < told; place++, used += NodeId.SizeBytes)
            inStep[place].Write(entry[used..]);
        return used;
    }

    private sealed class Telling(CountQuestions questions, LinePeer peer, long number) : IThreadPoolWorkItem
    {
        public void Execute() => questions.Tell(peer, number);
    }
}
