using System.Buffers.Binary;

namespace Warren.Load;

/// <summary>
/// Receives from one queue over one connection: frames are read where they lie, acknowledgements go out once a turn.
/// Invariant: <see cref="_bodyLeft"/> is what the message whose header was read still lacks.
/// </summary>
internal sealed class Consumer(Session session, ConsumerSettings settings, RunControl control) : Endpoint(session)
{
    private const int AckBufferBytes = 4096;
    private const int AckTagAt = Frame.HeadSizeBytes + 4;
    private static readonly byte[] AckFrame = EncodeAck();

    private readonly byte[] _filling = EncodedMessages.Filling(settings.BodyBytes);
    private readonly long[] _highest = new long[settings.Ledger is null ? 0 : settings.Producers];
    private readonly byte[] _acks = new byte[settings.AckEvery == 0 ? 0 : AckBufferBytes];
    private int _acksStart;
    private int _acksEnd;
    private long _acked;
    private long _bodyLeft;
    private bool _bodyBegins;
    private long _consumed;
    private long _count;
    private long _lastAt;
    private long _measureFrom;

    internal Histogram Latency { get; } = new();

    internal long Consumed => Volatile.Read(ref _consumed);

    /// <summary>When the latest message came, in the clock's time; 0 when none has.</summary>
    internal long LastAt => Volatile.Read(ref _lastAt);

    internal long Redelivered { get; private set; }

    internal long Duplicated { get; private set; }

    internal long Reordered { get; private set; }

    internal long Corrupt { get; private set; }

    internal override long Turn(long now)
    {
        if (Readable)
        {
            if (settings.Ledger is null)
            {
                Receive();
            }
            else
            {
                lock (settings.Ledger)
                    Receive();
            }
        }

        Acknowledge(control.Phase >= RunControl.Draining);
        return Readable ? now : OnlyOnEvent;
    }

    private void Receive()
    {
        bool received = Link.Fill(out bool drained);
        Readable = !drained;
        if (!received)
            return;
        long now = Clock.Now;
        long before = _count;
        _measureFrom = control.MeasureFrom;
        while (Frame.TryCut(Link.Received, out Frame frame))
        {
            Handle(frame, now);
            Link.Consume(frame.SizeBytes);
        }

        if (_count == before)
            return;
        Volatile.Write(ref _lastAt, now);
        Volatile.Write(ref _consumed, _count);
    }

    private void Handle(in Frame frame, long now)
    {
        switch (frame.Type)
        {
            case Frame.BodyType:
                if (_bodyBegins)
                    Note(frame.Payload, now);
                _bodyBegins = false;
                _bodyLeft -= frame.Payload.Length;
                if (_bodyLeft == 0)
                    _count++;
                break;
            case Frame.HeaderType:
                _bodyLeft = BinaryPrimitives.ReadInt64BigEndian(frame.Payload[4..]);
                _bodyBegins = true;
                if (_bodyLeft != settings.BodyBytes)
                    Corrupt++;
                break;
            case Frame.MethodType when frame.Method == Method.BasicDeliver:
                ReadOnlySpan<byte> afterConsumerTag = frame.Arguments[(1 + frame.Arguments[0])..];
                long tag = BinaryPrimitives.ReadInt64BigEndian(afterConsumerTag);
                if (tag != _count + 1)
                    throw new IOException($"delivery tag {tag} came where {_count + 1} was due");
                if (afterConsumerTag[8] != 0)
                    Redelivered++;
                break;
            case Frame.MethodType when frame.Method == Method.BasicCancel:
                throw new IOException("the broker cancelled a consumer");
            case Frame.MethodType:
                Session.ThrowIfClosed(frame);
                break;
        }
    }

    // A body that spans frames is judged by its first one, which holds the stamp.
    private void Note(ReadOnlySpan<byte> body, long now)
    {
        if (body.Length < EncodedMessages.StampBytes)
        {
            Corrupt++;
            return;
        }

        (long sentAt, int producer, long sequence) = EncodedMessages.ReadStamp(body);
        if (sentAt >= _measureFrom)
            Latency.Record(now - sentAt);
        if (settings.Ledger is not null)
            Check(body, producer, sequence);
    }

    private void Check(ReadOnlySpan<byte> body, int producer, long sequence)
    {
        ReadOnlySpan<byte> filling = _filling.AsSpan(0, Math.Min(body.Length, _filling.Length));
        int stamp = EncodedMessages.StampBytes;
        if (!body[stamp..].SequenceEqual(filling[stamp..]) || producer < 0 || producer >= _highest.Length)
        {
            Corrupt++;
            return;
        }

        if (!settings.Ledger!.Add(producer, sequence))
            Duplicated++;
        else if (sequence + 1 < _highest[producer])
            Reordered++;
        else
            _highest[producer] = sequence + 1;
    }

    // One frame for every so many messages, however many a read has brought; the socket gets them together.
    private void Acknowledge(bool rest)
    {
        if (settings.AckEvery == 0)
            return;
        while (_count - _acked >= (rest ? 1 : settings.AckEvery) && _acks.Length - _acksEnd >= AckFrame.Length)
        {
            _acked = Math.Min(_count, _acked + settings.AckEvery);
            AckFrame.CopyTo(_acks, _acksEnd);
            BinaryPrimitives.WriteInt64BigEndian(_acks.AsSpan(_acksEnd + AckTagAt), _acked);
            _acksEnd += AckFrame.Length;
        }

        if (_acksEnd > _acksStart && Writable)
            _acksStart += Push(_acks.AsSpan(_acksStart, _acksEnd - _acksStart));
        if (_acksStart == _acksEnd)
            _acksStart = _acksEnd = 0;
    }

    private static byte[] EncodeAck() =>
        new FrameBuilder().Method(Session.Channel, Method.BasicAck).Int64(0).Octet(1).End().Written.ToArray();
}
