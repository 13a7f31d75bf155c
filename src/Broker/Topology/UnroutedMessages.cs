using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;

namespace Warren.Broker.Topology;

/// <summary>
/// Messages that have nowhere to go on this node's topology, and those behind them: they wait, in order, until this
/// node has applied all that was committed when they were found to have none. Only then is it known that nobody wants
/// them. One question to the definitions at a time, for all that wait; it is asked until it is answered. While this
/// node is cut off from the majority everything waits, as what clients publish does. Owned by the turn of whoever
/// routes.
/// </summary>
/// <param name="definitions">Who is asked.</param>
/// <param name="answered">Called from any turn, with whether the barrier was reached: has <see cref="LookAgain"/>
/// called in the owner's.</param>
/// <param name="tryRoute">Sends a message on its way; false: it has nowhere to go, and that is not final.</param>
internal sealed class UnroutedMessages<T>(
    DefinitionsStore definitions, Action<bool> answered, UnroutedMessages<T>.TryRoute tryRoute)
    where T : struct
{
    private readonly Queue<T> _waiting = new(0);
    // So many, from the front, waited when the question was asked.
    private int _asked;
    private bool _isAsked;

    /// <param name="message">The next.</param>
    /// <param name="isFinal">All that there is, is known here.</param>
    public delegate bool TryRoute(in T message, bool isFinal);

    public int Count => _waiting.Count;

    /// <summary>Sends it on its way, or keeps it; false: it is kept.</summary>
    public bool Route(in T message)
    {
        if (_waiting.Count == 0 && definitions.Gate.IsOpen && tryRoute(message, isFinal: !definitions.NeedsBarrier))
            return true;
        _waiting.Enqueue(message);
        Ask();
        return false;
    }

    /// <summary>The question was answered, or cannot be; or this node may route again.</summary>
    public void LookAgain(bool isReached)
    {
        _isAsked = false;
        int covered = isReached ? _asked : 0;
        while (definitions.Gate.IsOpen && _waiting.TryPeek(out T message)
            && tryRoute(message, isFinal: covered > 0 || !definitions.NeedsBarrier))
        {
            _waiting.Dequeue();
            covered--;
        }
        Ask();
    }

    /// <summary>The next is not sent any more, as nobody wants it to be; false: none waits.</summary>
    public bool TryTake(out T message)
    {
        _asked = 0;
        return _waiting.TryDequeue(out message);
    }

    private void Ask()
    {
        if (_isAsked || _waiting.Count == 0)
            return;
        _isAsked = true;
        RoutingGate gate = definitions.Gate;
        if (gate.IsOpen)
        {
            _asked = _waiting.Count;
            definitions.RequestBarrier(answered);
            return;
        }
        // What is found missing when it opens is covered by nothing.
        _asked = 0;
        definitions.Post(new TurnEvent(() => gate.WhenOpen(() => answered(false))));
    }
}
