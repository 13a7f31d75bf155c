namespace Warren.Load;

/// <summary>
/// Declares a queue, deletes it, and does so again, one request at a time: what a client that comes and goes asks of
/// the definitions.
/// </summary>
internal sealed class ChurnEndpoint(Session session, ChurnSettings settings, RunControl control) : Endpoint(session)
{
    private readonly FrameBuilder _frames = new();
    private int _sent;
    private long _askedAt;
    private bool _isDeclared;
    private long _round;
    private long _done;
    private bool _ended;

    internal Histogram Declares { get; } = new();

    internal Histogram Deletes { get; } = new();

    /// <summary>Operations that were answered, from the beginning.</summary>
    internal long Done => Volatile.Read(ref _done);

    /// <summary>The last queue is deleted, and no more is asked.</summary>
    internal bool HasEnded => Volatile.Read(ref _ended);

    internal override long Turn(long now)
    {
        if (_askedAt == 0)
            Ask();
        if (Readable)
            Receive();
        if (_sent < _frames.Length && Writable)
            _sent += Push(_frames.Written[_sent..]);
        return Readable ? now : OnlyOnEvent;
    }

    private void Receive()
    {
        bool received = Link.Fill(out bool drained);
        Readable = !drained;
        while (received && Frame.TryCut(Link.Received, out Frame frame))
        {
            bool isAnswer = frame.Type == Frame.MethodType
                && frame.Method == (_isDeclared ? Method.QueueDeleteOk : Method.QueueDeclareOk);
            if (!isAnswer && frame.Type == Frame.MethodType)
                Session.ThrowIfClosed(frame);
            Link.Consume(frame.SizeBytes);
            if (isAnswer)
                Answered(Clock.Now);
        }
    }

    private void Answered(long now)
    {
        if (_askedAt >= control.MeasureFrom && control.Phase == RunControl.Producing)
            (_isDeclared ? Deletes : Declares).Record(now - _askedAt);
        Volatile.Write(ref _done, _done + 1);
        if (_isDeclared)
            _round++;
        _isDeclared = !_isDeclared;
        if (_isDeclared || control.Phase < RunControl.Draining)
            Ask();
        else
            Volatile.Write(ref _ended, true);
    }

    private void Ask()
    {
        string name = $"{settings.Prefix}-{_round}";
        _frames.Clear();
        if (_isDeclared)
            Session.EncodeDelete(_frames, name);
        else
            Session.EncodeDeclare(_frames, name, settings.Flags, "");
        _sent = Writable ? Push(_frames.Written) : 0;
        _askedAt = Clock.Now;
    }
}
