using Warren.Broker.Messages;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>A message that waits. Small, since there may be millions whose bytes only the log has.</summary>
internal struct WaitingMessage
{
    /// <summary>Holds one reference if it is resident.</summary>
    public Message Message;

    /// <summary>Where its entry lies; none: it is not stored.</summary>
    public Position Record;

    /// <summary>Order of arrival, and the index of its entry; never given twice. 0: there is no message.</summary>
    public long Number;

    public DelayPlace Place;

    public readonly bool IsStored => !Record.IsNone || Place is { IsReplicated: true };
}
