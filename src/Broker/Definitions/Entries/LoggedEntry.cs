using System.Collections.Immutable;

namespace Warren.Broker.Definitions.Entries;

/// <summary>An entry as it is in the log: with what it was checked against, and whose it is.</summary>
/// <param name="Entry">What is to change.</param>
/// <param name="Expected">
/// The index of the definition with its key that it was checked against; 0: there was none; <see cref="Anything"/>: it
/// does not matter.
/// </param>
/// <param name="Session">The index of the node session that proposed it; 0: none did.</param>
/// <param name="Number">Its number in the session, from 1, without a gap.</param>
/// <param name="Numbers">
/// The highest number of each session once this is applied: the last entry of a log says what must not be applied
/// twice.
/// </param>
internal readonly record struct LoggedEntry(
    DefinitionsEntry Entry, long Expected, long Session, long Number, ImmutableArray<SessionNumber> Numbers)
{
    public const long Anything = -1;

    /// <summary>It is from before there was consensus: nobody's, and checked by whoever wrote it.</summary>
    public bool IsOld => Numbers.IsDefault;

    /// <summary>An entry from before there was consensus.</summary>
    public static LoggedEntry Old(DefinitionsEntry entry) => new(entry, Anything, 0, 0, default);
}
