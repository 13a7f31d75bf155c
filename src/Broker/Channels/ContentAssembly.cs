using System.Numerics;
using Warren.Amqp;
using Warren.Broker.Messages;

namespace Warren.Broker.Channels;

/// <summary>
/// Gathers the frames of one published message: method, content header, body frames. Owned by the connection's turn.
/// Memory grows only with bytes that have arrived, whatever size a header announces.
/// </summary>
internal sealed class ContentAssembly
{
    private readonly int _messageLimitBytes;
    private byte[] _start = [];
    private int _envelopeBytes;
    private int _propertiesBytes;
    private byte[] _gathered = [];
    private int _bodyReceived;

    public ContentAssembly(int messageLimitBytes) => _messageLimitBytes = messageLimitBytes;

    /// <summary>A method has come and its content has not, or not all.</summary>
    public bool IsOpen { get; private set; }

    public bool HasHeader { get; private set; }

    public bool Mandatory { get; private set; }

    public bool Immediate { get; private set; }

    public int BodySizeBytes { get; private set; }

    /// <summary>Exchange and routing key, each a short string with its length.</summary>
    public ReadOnlySpan<byte> Envelope => _start.AsSpan(0, _envelopeBytes);

    public ReadOnlySpan<byte> Exchange => _start.AsSpan(1, _start[0]);

    public ReadOnlySpan<byte> RoutingKey => Envelope[(_start[0] + 2)..];

    public ReadOnlySpan<byte> Properties => _start.AsSpan(_envelopeBytes, _propertiesBytes);

    public void Begin(scoped in BasicPublish publish)
    {
        _envelopeBytes = 2 + publish.Exchange.Length + publish.RoutingKey.Length;
        EnsureStart(_envelopeBytes);
        _start[0] = (byte)publish.Exchange.Length;
        publish.Exchange.CopyTo(_start.AsSpan(1));
        _start[1 + publish.Exchange.Length] = (byte)publish.RoutingKey.Length;
        publish.RoutingKey.CopyTo(_start.AsSpan(2 + publish.Exchange.Length));
        Mandatory = publish.Mandatory;
        Immediate = publish.Immediate;
        IsOpen = true;
        HasHeader = false;
        _bodyReceived = 0;
    }

    /// <summary>Takes the content header; true if the message has no body and is complete.</summary>
    public bool AddHeader(ContentHeader header)
    {
        if (header.ClassId != BasicPublish.ClassId)
            throw Unexpected($"expected content header for class 60, got one for class {header.ClassId} instead");
        HasHeader = true;
        if (header.BodySizeBytes > (ulong)_messageLimitBytes)
        {
            Reset();
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"message size {header.BodySizeBytes} is larger than configured max size {_messageLimitBytes}")
            { ClassId = BasicPublish.ClassId, MethodId = BasicPublish.MethodId };
        }
        BodySizeBytes = (int)header.BodySizeBytes;
        _propertiesBytes = header.Properties.Length;
        EnsureStart(_envelopeBytes + _propertiesBytes);
        header.Properties.CopyTo(_start.AsSpan(_envelopeBytes));
        return BodySizeBytes == 0;
    }

    /// <summary>
    /// Takes a body frame. If it is the whole body, nothing is copied and <paramref name="wholeBody"/> is true.
    /// True if the message is complete.
    /// </summary>
    public bool AddBody(ReadOnlySpan<byte> piece, out bool wholeBody)
    {
        wholeBody = false;
        if (piece.Length > BodySizeBytes - _bodyReceived)
        {
            throw new AmqpException(
                ReplyCode.FrameError,
                $"the body is longer than the {BodySizeBytes} bytes that its content header announced");
        }
        if (piece.Length == BodySizeBytes)
        {
            wholeBody = true;
            return true;
        }
        if (piece.IsEmpty)
            return false;
        int before = _envelopeBytes + _propertiesBytes;
        EnsureGathered(before + _bodyReceived + piece.Length, before + BodySizeBytes);
        if (_bodyReceived == 0)
            _start.AsSpan(0, before).CopyTo(_gathered);
        piece.CopyTo(_gathered.AsSpan(before + _bodyReceived));
        _bodyReceived += piece.Length;
        return _bodyReceived == BodySizeBytes;
    }

    /// <summary>The complete message, out of the gathered pieces; it carries one reference.</summary>
    public Message TakeGathered(SlabPool pool)
    {
        byte[] bytes = _gathered;
        _gathered = [];
        return new Message(pool.Adopt(bytes), 0, _envelopeBytes, _propertiesBytes, BodySizeBytes);
    }

    public static AmqpException Unexpected(string text) => new(ReplyCode.UnexpectedFrame, text);

    public void Reset()
    {
        IsOpen = false;
        HasHeader = false;
        _gathered = [];
        _bodyReceived = 0;
        // A header of a hundred kilobytes is rare; its room is not kept for every channel.
        if (_start.Length > 8192)
            _start = [];
    }

    private void EnsureStart(int sizeBytes)
    {
        if (_start.Length < sizeBytes)
            Array.Resize(ref _start, Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)sizeBytes)));
    }

    private void EnsureGathered(int neededBytes, int finalBytes)
    {
        if (_gathered.Length >= neededBytes)
            return;
        int sizeBytes = Math.Min(finalBytes, Math.Max(neededBytes, _gathered.Length * 2));
        byte[] larger = GC.AllocateUninitializedArray<byte>(sizeBytes);
        _gathered.CopyTo(larger, 0);
        _gathered = larger;
    }
}
