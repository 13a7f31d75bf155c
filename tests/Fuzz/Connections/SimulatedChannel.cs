using Warren.Amqp;

namespace Warren.Fuzz.Connections;

/// <summary>What a <see cref="SimulatedClient"/> knows of one of its channels.</summary>
public sealed class SimulatedChannel
{
    private ulong _lastTag;
    private ulong _replies;
    private bool _expectsHeader;
    private ulong _expectedBodyBytes;

    /// <summary>open-ok has come, and neither close nor close-ok.</summary>
    public bool IsOpen { get; set; }

    /// <summary>How often the client has sent channel.close and not got close-ok.</summary>
    public int Closes { get; set; }

    /// <summary>Tags that the client may settle.</summary>
    public List<ulong> Unsettled { get; } = [];

    /// <summary>Whether each basic.get that is not answered is without acknowledgement.</summary>
    public Queue<bool> Gets { get; } = new();

    /// <summary>A header or body frames must come next.</summary>
    public bool IsInContent => _expectsHeader || _expectedBodyBytes > 0;

    /// <summary>open-ok: everything begins anew.</summary>
    public void Open()
    {
        IsOpen = true;
        Unsettled.Clear();
        Gets.Clear();
        _lastTag = 0;
        _replies = 0;
    }

    /// <summary>basic.deliver.</summary>
    public void OnDeliver(ulong tag, string consumerTag)
    {
        BeginContent();
        // A direct reply shows the next tag and does not use it up; a mutated consumer may have such a name too.
        if (consumerTag.StartsWith('r'))
        {
            CheckTag(tag);
            _replies++;
            return;
        }

        OnTag(tag, consumerTag.StartsWith('n'));
    }

    /// <summary>basic.get-ok.</summary>
    public void OnGetOk(ulong tag)
    {
        BeginContent();
        var isKnown = Gets.TryDequeue(out var noAck);
        OnTag(tag, noAck || !isKnown);
    }

    /// <summary>A method has come that carries content.</summary>
    public void BeginContent() => _expectsHeader = true;

    /// <summary>A header or body frame.</summary>
    public void OnContent(Frame frame)
    {
        FuzzException.Unless(IsOpen, "the server sends content on a channel that is not open");
        if (_expectsHeader)
        {
            FuzzException.Unless(frame.Type == FrameType.Header, "no header comes after a method with content");
            _expectsHeader = false;
            _expectedBodyBytes = ContentHeader.Read(frame.Payload).BodySizeBytes;
            return;
        }

        FuzzException.Unless(
            frame.Type == FrameType.Body && (ulong)frame.Payload.Length <= _expectedBodyBytes,
            "the server sends content that nobody expects");
        _expectedBodyBytes -= (ulong)frame.Payload.Length;
    }

    private void OnTag(ulong tag, bool noAck)
    {
        CheckTag(tag);
        _lastTag = tag;
        _replies = 0;
        if (!noAck)
            Unsettled.Add(tag);
    }

    private void CheckTag(ulong tag) =>
        FuzzException.Unless(
            tag > _lastTag && tag <= _lastTag + 1 + _replies, $"a delivery has the tag {tag}, the last was {_lastTag}");
}
