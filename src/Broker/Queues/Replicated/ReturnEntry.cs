using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>A live entry that says how often a message came back.</summary>
/// <param name="Index">Its own.</param>
/// <param name="Message">The message's.</param>
/// <param name="Record">Where it lies on this node's disk.</param>
/// <param name="MetaBytes">Of the entry, which is all that it has.</param>
internal readonly record struct ReturnEntry(long Index, long Message, Position Record, int MetaBytes);
