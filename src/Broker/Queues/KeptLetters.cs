namespace Warren.Broker.Queues;

/// <summary>
/// Dead letters of a quorum queue that gives none up before every target has taken it (x-dead-letter-strategy
/// at-least-once): what has nowhere to go, or is refused, waits and is sent again, to those that do not have it. Owned
/// by the queue's turn.
/// </summary>
internal sealed class KeptLetters(Queue queue, MessageBroker broker)
{
    /// <summary>How long until it is sent again: who mends a topology sees it work.</summary>
    public const int AgainMs = 1000;

    /// <summary>So many are sent again at once: others wait for the thread.</summary>
    private const int MostAtOnce = 256;

    private readonly HashSet<KeptLetter> _sent = new(0);
    private readonly Queue<KeptLetter> _waiting = new(0);
    private bool _isTold;

    /// <summary>Of all that is not taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>Some have nowhere to go, or were refused.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>When it is to be looked at, in the broker's time; none: nothing waits.</summary>
    public long? AgainAtMs { get; private set; }

    /// <summary>It has nowhere to go, as far as anybody knows; takes over its reference.</summary>
    public void Keep(in DeadLetter letter) => Wait(Enter(letter), "it is routed to no queue");

    /// <summary>
    /// It goes to so many that do not have it; takes over its reference. Each of them is to answer by what
    /// <see cref="AnswerOf"/> makes. 0: all that it is for have it.
    /// </summary>
    public KeptLetter Send(in DeadLetter letter, int targets)
    {
        KeptLetter kept = Enter(letter);
        if (targets == 0)
        {
            kept.Letter.Arrived?.Invoke(true);
            Leave(kept);
            return kept;
        }
        kept.Begin(targets);
        _sent.Add(kept);
        return kept;
    }

    /// <summary>
    /// What a target calls. Where it goes it can be got at once: the queue's own entry is released before that.
    /// </summary>
    public Action<bool> AnswerOf(KeptLetter kept, long target) => isTaken =>
    {
        if (isTaken && kept.IsLastTaken())
            kept.Letter.Arrived?.Invoke(true);
        queue.Post(QueueCommand.LetterAnswered(kept, target, isTaken));
    };

    /// <summary>A target's word.</summary>
    public void Answered(KeptLetter kept, long target, bool isTaken)
    {
        // Of what was given back meanwhile nothing is expected.
        if (!_sent.Contains(kept) || !kept.Heard(target, isTaken))
            return;
        _sent.Remove(kept);
        if (kept.IsTaken)
            Leave(kept);
        else
            Wait(kept, "a queue that it is routed to refuses it");
    }

    /// <summary>So many are to be taken and sent again now.</summary>
    public int TakeDue(long nowMs)
    {
        if (AgainAtMs is not { } againAtMs || nowMs < againAtMs)
            return 0;
        AgainAtMs = _waiting.Count > MostAtOnce ? nowMs + DeadLettering.LookMs : null;
        return Math.Min(_waiting.Count, MostAtOnce);
    }

    /// <summary>The next of them, with its reference.</summary>
    public DeadLetter Take()
    {
        KeptLetter kept = _waiting.Dequeue();
        Bytes -= kept.Letter.Message.SizeBytes;
        return kept.Letter with { Kept = kept };
    }

    /// <summary>The queue is gone, or is served elsewhere: memory is given back, and nobody is told.</summary>
    public void End()
    {
        foreach (KeptLetter kept in _sent.Concat(_waiting))
            kept.Letter.Message.Slab.Release(1);
        _sent.Clear();
        _waiting.Clear();
        (Bytes, AgainAtMs) = (0, null);
    }

    private KeptLetter Enter(in DeadLetter letter)
    {
        Bytes += letter.Message.SizeBytes;
        return letter.Kept ?? new KeptLetter { Letter = letter };
    }

    private void Leave(KeptLetter kept)
    {
        Bytes -= kept.Letter.Message.SizeBytes;
        kept.Letter.Message.Slab.Release(1);
        _isTold &= _sent.Count + _waiting.Count > 0;
    }

    private void Wait(KeptLetter kept, string why)
    {
        _waiting.Enqueue(kept);
        AgainAtMs ??= broker.NowMs + AgainMs;
        // The end of a turn gives letters up, too: nothing else may come for long.
        queue.TickAt(AgainAtMs.Value);
        if (_isTold)
            return;
        _isTold = true;
        broker.Log(
            LogLevel.Warning, LogCategory.Queue,
            $"A dead letter of quorum queue '{queue.Definition.Name}' in vhost '{queue.Definition.Vhost}' does not "
            + $"arrive by exchange '{queue.Settings.DeadLetterExchange}': {why}. It stays with the queue and is sent "
            + "again every second, as will be those behind it; this is told again when none has waited meanwhile");
    }
}
