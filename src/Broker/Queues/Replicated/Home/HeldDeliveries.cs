using System.Runtime.InteropServices;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What clients of this node hold of a replicated queue and have not settled, by position: to be claimed from its next
/// leader. Owned by the stand-in's turn.
/// </summary>
internal sealed class HeldDeliveries
{
    // By the position that a message was delivered with.
    private LazyDictionary<long, Held> _held;

    public int Count => _held.Count;

    /// <summary>A client has it from now on, and no other of this node's.</summary>
    /// <param name="token">See <see cref="QueueEffect.Position"/>.</param>
    /// <param name="consumer">Its number; 0: a get.</param>
    /// <param name="line">On which it came.</param>
    public void Add(long token, long consumer, long line) =>
        Adopt(token, token & QueuedMessage.PositionMask, consumer, line);

    /// <summary>
    /// The same of what a client was handed before the queue was replicated: the message may have another position
    /// since.
    /// </summary>
    public void Adopt(long token, long position, long consumer, long line) =>
        _held.Filled()[token & QueuedMessage.PositionMask] = new Held(token, position, consumer, line);

    /// <summary>
    /// A client settles it; false: it does not hold it any more. <paramref name="line"/>: on which it came;
    /// <paramref name="position"/>: the message's.
    /// </summary>
    public bool TryTake(long token, out long line, out long position)
    {
        long name = token & QueuedMessage.PositionMask;
        bool isHeld = _held.TryGetValue(name, out Held held) && held.Token == token;
        line = held.Line;
        position = isHeld ? held.Position : name;
        if (isHeld)
            _held.Remove(name);
        return isHeld;
    }

    /// <summary>The queue has taken back all that a consumer held.</summary>
    public void Forget(long consumer)
    {
        foreach ((long name, Held held) in _held)
        {
            if (held.Consumer == consumer)
                _held.Remove(name);
        }
    }

    /// <summary>What each holds, in the order of the queue; 0: gets, and consumers that are not among these.</summary>
    public Dictionary<long, List<long>> ByConsumer(Func<long, bool> isThere)
    {
        var claims = new Dictionary<long, List<long>>();
        foreach (Held held in _held.Values)
        {
            ref List<long>? positions = ref CollectionsMarshal.GetValueRefOrAddDefault(
                claims, isThere(held.Consumer) ? held.Consumer : 0, out _);
            (positions ??= []).Add(held.Position);
        }
        foreach (List<long> positions in claims.Values)
            positions.Sort();
        return claims;
    }

    /// <summary>The queue is gone.</summary>
    public void Clear() => _held.Clear();

    private readonly record struct Held(long Token, long Position, long Consumer, long Line);
}
