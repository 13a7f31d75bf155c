using System.Runtime.InteropServices;

namespace Warren.Broker.Turns;

/// <summary>
/// What one turn has to post, gathered per receiver so that each gets one post: the number of hops per message falls as
/// load rises. Owned by one turn and reused; nothing is allocated once it has grown to the turn's size.
/// </summary>
public sealed class BatchSet<TReceiver, TItem>
    where TReceiver : class
    where TItem : struct
{
    private const int LinearSearchLimit = 8;

    /// <summary>
    /// A batch is posted early when it gets this long, so that the receiver starts while the turn goes on.
    /// </summary>
    private const int EarlyPostItems = 512;

    private readonly Action<TReceiver, ReadOnlySpan<TItem>> _post;
    private readonly Func<int, TItem>? _trailer;
    private readonly int _earlyPostItems;
    private readonly List<TReceiver> _receivers = [];
    private readonly List<List<TItem>> _batches = [];
    private readonly List<int> _weights = [];
    private readonly Dictionary<TReceiver, int> _index = new(ReferenceEqualityComparer.Instance);
    private TReceiver? _last;
    private int _lastAt;

    /// <param name="post">Posts a batch to its receiver.</param>
    /// <param name="trailer">Makes the item that ends a batch of this weight; none for weight 0.</param>
    /// <param name="postsEarly">Whether a long batch is posted before <see cref="Flush"/>.</param>
    public BatchSet(
        Action<TReceiver, ReadOnlySpan<TItem>> post, Func<int, TItem>? trailer = null, bool postsEarly = true)
    {
        _earlyPostItems = postsEarly ? EarlyPostItems : int.MaxValue;
        _post = post;
        _trailer = trailer;
    }

    public bool IsEmpty => _receivers.Count == 0;

    /// <param name="receiver">Who gets it.</param>
    /// <param name="item">What.</param>
    /// <param name="weight">Summed up for the batch's trailer.</param>
    public void Add(TReceiver receiver, in TItem item, int weight = 0)
    {
        int at = IndexOf(receiver);
        List<TItem> batch = _batches[at];
        batch.Add(item);
        CollectionsMarshal.AsSpan(_weights)[at] += weight;
        if (batch.Count >= _earlyPostItems)
            PostBatch(at);
    }

    /// <summary>Posts all batches in the order their receivers were first met.</summary>
    public void Flush()
    {
        for (int at = 0; at < _receivers.Count; at++)
            PostBatch(at);
        if (_receivers.Count > LinearSearchLimit)
            _index.Clear();
        _receivers.Clear();
        _last = null;
    }

    private void PostBatch(int at)
    {
        List<TItem> batch = _batches[at];
        if (batch.Count == 0)
            return;
        int weight = _weights[at];
        _weights[at] = 0;
        if (weight > 0 && _trailer is not null)
            batch.Add(_trailer(weight));
        _post(_receivers[at], CollectionsMarshal.AsSpan(batch));
        batch.Clear();
    }

    private int IndexOf(TReceiver receiver)
    {
        if (ReferenceEquals(receiver, _last))
            return _lastAt;
        int at = Find(receiver);
        if (at < 0)
        {
            at = _receivers.Count;
            _receivers.Add(receiver);
            if (_batches.Count == at)
            {
                _batches.Add([]);
                _weights.Add(0);
            }
            if (at == LinearSearchLimit)
                IndexAll();
            else if (at > LinearSearchLimit)
                _index.Add(receiver, at);
        }
        _last = receiver;
        _lastAt = at;
        return at;
    }

    private int Find(TReceiver receiver)
    {
        if (_receivers.Count > LinearSearchLimit)
            return _index.TryGetValue(receiver, out int at) ? at : -1;
        for (int at = 0; at < _receivers.Count; at++)
        {
            if (ReferenceEquals(_receivers[at], receiver))
                return at;
        }
        return -1;
    }

    private void IndexAll()
    {
        for (int at = 0; at < _receivers.Count; at++)
            _index.Add(_receivers[at], at);
    }
}
