using System.Runtime.InteropServices;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What clients of this node hold of a replicated queue and have not settled, by position: to be claimed from its next
/// leader. Owned by the stand-in's turn.
/// </summary>
internal sealed class HeldDeliveries
{
    private readonly Dictionary<long, Held> _held = [];

    public int Count => _held.Count;

    /// <summary>A client has it from now on, and no other of this node's.</summary>
    /// <param name="token">See <see cref="QueueEffect.Position"/>.</param>
    /// <param name="consumer">Its number; 0: a get.</param>
    /// <param name="line">On which it came.</param>
    public void Add(long token, long consumer, long line) =>
        _held[token & QueuedMessage.PositionMask] = new Held(token, consumer, line);

    /// <summary>
    /// A client settles it; false: it does not hold it any more. <paramref name="line"/>: on which it came.
    /// </summary>
    public bool TryTake(long token, out long line)
    {
        long position = token & QueuedMessage.PositionMask;
        bool isHeld = _held.TryGetValue(position, out Held held) && held.Token == token;
        line = held.Line;
        if (isHeld)
            _held.Remove(position);
        return isHeld;
    }

    /// <summary>The queue has taken back all that a consumer held.</summary>
    public void Forget(long consumer)
    {
        foreach ((long position, Held held) in _held)
        {
            if (held.Consumer == consumer)
                _held.Remove(position);
        }
    }

    /// <summary>What each holds, in the order of the queue; 0: gets, and consumers that are not among these.</summary>
    public Dictionary<long, List<long>> ByConsumer(Func<long, bool> isThere)
    {
        var claims = new Dictionary<long, List<long>>();
        foreach ((long position, Held held) in _held)
        {
            ref List<long>? positions = ref CollectionsMarshal.GetValueRefOrAddDefault(
                claims, isThere(held.Consumer) ? held.Consumer : 0, out _);
            (positions ??= []).Add(position);
        }
        foreach (List<long> positions in claims.Values)
            positions.Sort();
        return claims;
    }

    /// <summary>The queue is gone.</summary>
    public void Clear() => _held.Clear();

    private readonly record struct Held(long Token, long Consumer, long Line);
}
