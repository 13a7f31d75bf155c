using Warren.Broker.Messages;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>A message whose bytes are wanted back in memory, and then what was read.</summary>
/// <param name="Position">Names it in its queue.</param>
/// <param name="Record">Where its record lies, unless it shares its body.</param>
/// <param name="SharedBody">The body that it shares with others.</param>
/// <param name="Message">Its sizes; once read, its bytes, with one reference. Not resident then: it is lost.</param>
/// <param name="IsRefused">
/// It is lost to this run of the node alone: the disk refused to read it, and may not do so the next time.
/// </param>
/// <param name="PagedIndex">The index of its entry in the queue's paged group; 0: it is stored.</param>
internal readonly record struct FetchItem(
    long Position, Position Record, SharedBody? SharedBody, Message Message, bool IsRefused = false,
    long PagedIndex = 0)
{
    /// <summary>It is in the group of what was written to spare memory.</summary>
    public bool IsPaged => PagedIndex != 0;

    /// <summary>Of its entry, in whichever group.</summary>
    public LogIndex Index => new(IsPaged ? PagedIndex : Position);
}
