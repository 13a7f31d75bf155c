using System.Collections.Immutable;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Cluster.Groups;

/// <summary>
/// Appends on their way to members that lag: the payloads of some entries have left memory and are read first. Those
/// for the same member behind them wait as well, so that they come in order.
/// </summary>
internal sealed class LaggingAppends(RaftGroup group)
{
    /// <summary>That wait for payloads; more are as good as lost, and sent again.</summary>
    private const int MostWaiting = 64;

    private LazyQueue<Outgoing> _waiting;

    public void Clear() => _waiting.Clear();

    /// <summary>Sends a message, or has it wait for what it lacks.</summary>
    public void Send(Outgoing outgoing)
    {
        bool isWaiting = outgoing.Message is AppendRequest append
            && (Lacking(append) || IsAwaitedBy(outgoing.To));
        if (!isWaiting)
            group.Owner.Send(outgoing.To, outgoing.Message);
        else if (_waiting.Count < MostWaiting)
            _waiting.Enqueue(outgoing);
    }

    /// <summary>Goes on with the first that waits; false if there is none.</summary>
    public bool ReadNext()
    {
        if (!_waiting.TryPeek(out Outgoing first))
            return false;
        var append = (AppendRequest)first.Message;
        var wanted = new List<LiveEntry>();
        foreach (RaftEntry entry in append.Entries)
        {
            if (entry.IsInMemory)
                continue;
            if (entry.Index <= group.Node.Log.CompactedIndex || !group.Node.Log.Matches(entry.Index, entry.Term))
            {
                _waiting.Dequeue();
                return true;
            }
            wanted.Add(new LiveEntry(entry.Index, group.Positions[entry.Index], entry.PayloadBytes));
        }
        if (wanted.Count > 0)
            group.Reading.Begin(wanted, SendRead);
        else
            SendWaiting(append);
        return true;
    }

    private bool IsAwaitedBy(NodeId to)
    {
        foreach (Outgoing waiting in _waiting)
        {
            if (waiting.To == to)
                return true;
        }
        return false;
    }

    private static bool Lacking(AppendRequest append)
    {
        foreach (ref readonly RaftEntry entry in append.Entries.AsSpan())
        {
            if (!entry.IsInMemory)
                return true;
        }
        return false;
    }

    private void SendRead(PayloadRead read)
    {
        var append = (AppendRequest)_waiting.Peek().Message;
        if (read.Outcome is ReadOutcome.Damaged or ReadOutcome.Unreadable)
        {
            // Heartbeats find out that it was not sent.
            if (group.Owner.TakesCareOf(read.Unreadable))
                _waiting.Dequeue();
            else
                group.BecomeUnsound(read.Unreadable.ToString());
        }
        else if (read.Outcome == ReadOutcome.Gone)
        {
            // Compacted meanwhile: the member will be told of a snapshot.
            _waiting.Dequeue();
        }
        else
        {
            int place = 0;
            ImmutableArray<RaftEntry> entries =
                [.. append.Entries.Select(entry => entry.IsInMemory ? entry : Filled(entry, read.Entries[place++]))];
            SendWaiting(append with { Entries = entries });
        }
    }

    private static RaftEntry Filled(in RaftEntry entry, in RaftEntry read) => entry.With(read.Meta, read.Body);

    private void SendWaiting(AppendRequest append) => group.Owner.Send(_waiting.Dequeue().To, append);
}
