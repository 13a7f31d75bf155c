using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>Asks other members how they are, and answers them, over the links (docs/formats/membership.md).</summary>
/// <param name="peers">The way to them.</param>
/// <param name="time">Ends the wait.</param>
/// <param name="describe">What this node says of itself; called on a link's loop, must not wait.</param>
internal sealed class NodeQuestions(IPeers peers, TimeProvider time, Func<byte[]> describe)
{
    /// <summary>
    /// A node that is up answers in milliseconds; whoever asked is not kept waiting for one that hangs.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<byte[]?>> _asked = new();
    private long _number;

    /// <summary>What those of them say who answer within a second.</summary>
    public async Task<ImmutableArray<byte[]>> AskAsync(ImmutableArray<NodeId> nodes)
    {
        byte[]?[] answers = await Task.WhenAll(nodes.Select(AskAsync)).ConfigureAwait(false);
        return [.. answers.OfType<byte[]>()];
    }

    /// <summary>Takes a frame if it is a question or an answer; its credit stays the caller's.</summary>
    public bool TryTake(in PeerFrame frame)
    {
        if (frame.Kind is not (MembershipFormat.QuestionKind or MembershipFormat.DescriptionKind)
            || frame.Body.Length < sizeof(long))
            return false;
        long number = BinaryPrimitives.ReadInt64LittleEndian(frame.Body);
        if (frame.Kind == MembershipFormat.DescriptionKind)
        {
            if (_asked.TryRemove(number, out TaskCompletionSource<byte[]?>? asked))
                asked.TrySetResult(frame.Body[sizeof(long)..].ToArray());
            return true;
        }
        peers.TrySend(
            frame.From, LinkClass.Control, MembershipFormat.DescriptionKind,
            MembershipFormat.Numbered(number, describe()));
        return true;
    }

    private async Task<byte[]?> AskAsync(NodeId node)
    {
        long number = Interlocked.Increment(ref _number);
        var asked = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[number] = asked;
        try
        {
            return peers.TrySend(
                node, LinkClass.Control, MembershipFormat.QuestionKind, MembershipFormat.Numbered(number, []))
                ? await asked.Task.WaitAsync(Patience, time).ConfigureAwait(false)
                : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _asked.TryRemove(number, out _);
        }
    }
}
