using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// Who keeps messages that wait: what a <see cref="DelaySchedule"/> in its turn needs of it. Calls come in that turn.
/// </summary>
internal interface IDelayKeeper
{
    /// <summary>What is stored and was appended last; none before it is safe sooner.</summary>
    Lsn LastStored { get; }

    /// <summary>What a message costs that is on its way, beside its bytes and what any costs.</summary>
    int DepartureBytes { get; }

    /// <summary>
    /// Where a message goes of which it is not known whether it has arrived there, by the ids of queues; null: it has
    /// not been sent anywhere.
    /// </summary>
    ImmutableArray<long>? DepartedTo(long number);

    /// <summary>A message goes nowhere: it is kept no more.</summary>
    void Drop(in WaitingMessage message);

    /// <summary>
    /// Sends a message whose bytes are here. When all have answered for it and nothing of it is kept any more,
    /// <see cref="DelaySchedule.Answered"/> follows. The reference stays the caller's.
    /// </summary>
    void Send(in WaitingMessage message, ReadOnlySpan<QueueDefinition> queues, Departure departure);

    /// <summary>
    /// Asks whether the others know more than this node; <see cref="DelaySchedule.LookAgain"/> follows.
    /// </summary>
    void AskOthers(DelayPlace place);

    /// <summary>This node may not route now; when it may, the turn comes.</summary>
    void AwaitGate();

    /// <summary>Has messages read; <see cref="DelaySchedule.TakeFetched"/> follows.</summary>
    void Read(FetchBatch batch);

    /// <summary>The turn is to come after so many ms, if not before.</summary>
    void WakeIn(long ms);

    /// <summary>
    /// A message cannot be read and is not delivered; <paramref name="isRefused"/>: the disk may let it be read later.
    /// </summary>
    void Lose(in WaitingMessage message, bool isRefused);

    /// <summary>So many messages cannot be read, and are not delivered.</summary>
    void ReportLost(int count);
}
