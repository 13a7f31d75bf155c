using System.Buffers.Binary;

namespace Warren.Load;

/// <summary>
/// Publishes over one connection: as fast as the socket takes it, as fast as confirms come back, or at a fixed rate.
/// Invariant: once part of a write has gone out the rest follows before anything else, so frames are never torn.
/// </summary>
internal sealed class Producer(Session session, ProducerSettings settings, RunControl control) : Endpoint(session)
{
    private readonly EncodedMessages _messages = settings.Messages;
    private readonly double _interval = settings.Rate > 0 ? Clock.Second / settings.Rate : 0;
    private ReadOnlyMemory<byte> _unsent;
    private bool _socketWasFull;
    private long _begunAt;
    private long _sequence;
    private long _published;
    private bool _done;
    private long _doneAt;

    internal int Number => settings.Number;

    internal ConfirmWindow? Window { get; } =
        settings.ConfirmWindow > 0 ? new ConfirmWindow(settings.ConfirmWindow) : null;

    /// <summary>How much later than due messages were handed to the socket, when there is a rate.</summary>
    internal Histogram Lag { get; } = new();

    internal long Published => Volatile.Read(ref _published);

    /// <summary>Everything is sent, and confirmed where confirms were asked for.</summary>
    internal bool Done => Volatile.Read(ref _done);

    /// <summary>When it was first found done, in the clock's time; 0 before.</summary>
    internal long DoneAt => Volatile.Read(ref _doneAt);

    /// <summary>How often the broker has told this connection to stop publishing.</summary>
    internal int Blocked { get; private set; }

    internal override long Turn(long now)
    {
        if (Readable)
            Receive(now);
        int phase = control.Phase;
        if (phase == RunControl.Ready)
            return OnlyOnEvent;
        if (_begunAt == 0)
            _begunAt = now;
        if (!_unsent.IsEmpty && (!Writable || !SendRest()))
            return OnlyOnEvent;
        if (phase >= RunControl.Draining || _sequence >= settings.Limit)
        {
            bool done = Window is null || Window.Empty;
            if (done && _doneAt == 0)
                Volatile.Write(ref _doneAt, Clock.Now);
            Volatile.Write(ref _done, done);
            return OnlyOnEvent;
        }

        return Publish(now);
    }

    private long Publish(long now)
    {
        long due = _begunAt + (long)(_sequence * _interval);
        if (now < due)
            return due;
        long count = settings.Limit - _sequence;
        if (_interval > 0)
            count = Math.Min(count, (long)((now - _begunAt) / _interval) + 1 - _sequence);
        if (Window is not null)
            count = Math.Min(count, Window.Free);
        if (count <= 0)
            return OnlyOnEvent; // the window is full; the next confirm is an event

        // A message that came due while the broker took nothing has been waiting since it was due.
        long sentAt = _interval > 0 && _socketWasFull ? due : now;
        int taken = (int)Math.Min(count, int.MaxValue);
        _unsent = _messages.Next(ref taken, settings.Number, _sequence, sentAt);
        Window?.Sent(taken, sentAt);
        if (_interval > 0 && now >= control.MeasureFrom)
            Lag.Record(now - due);
        _sequence += taken;
        Volatile.Write(ref _published, _sequence);
        _socketWasFull = false;
        return SendRest() ? now : OnlyOnEvent;
    }

    private bool SendRest()
    {
        _unsent = _unsent[Push(_unsent.Span)..];
        _socketWasFull |= !_unsent.IsEmpty;
        return _unsent.IsEmpty;
    }

    private void Receive(long now)
    {
        bool drained = false;
        while (!drained && Link.Fill(out drained))
        {
            while (Frame.TryCut(Link.Received, out Frame frame))
            {
                if (frame.Type == Frame.MethodType)
                    Handle(frame, now);
                Link.Consume(frame.SizeBytes);
            }
        }

        Readable = !drained;
    }

    private void Handle(in Frame frame, long now)
    {
        switch (frame.Method)
        {
            case Method.BasicAck:
            case Method.BasicNack:
                long tag = BinaryPrimitives.ReadInt64BigEndian(frame.Arguments);
                bool multiple = (frame.Arguments[8] & 1) != 0;
                Window?.Resolve(tag, multiple, frame.Method == Method.BasicAck, now, control.MeasureFrom);
                break;
            case Method.ConnectionBlocked:
                Blocked++;
                break;
            default:
                Session.ThrowIfClosed(frame);
                break;
        }
    }
}
