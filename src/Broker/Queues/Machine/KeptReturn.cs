using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>A live entry that says how often a message came back.</summary>
/// <param name="Index">Of the entry.</param>
/// <param name="Record">Where it lies.</param>
/// <param name="MetaBytes">All of it.</param>
/// <param name="Message">The position of the message.</param>
internal readonly record struct KeptReturn(long Index, Position Record, int MetaBytes, long Message);
