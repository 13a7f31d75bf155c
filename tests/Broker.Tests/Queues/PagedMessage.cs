using Warren.Broker.Messages;

namespace Warren.Broker.Tests.Queues;

/// <summary>A message of <see cref="PagingFuzzer"/>, and where it is as far as others can know.</summary>
internal sealed class PagedMessage
{
    public required int Number { get; init; }

    public required int BodyBytes { get; init; }

    public required int Priority { get; init; }

    /// <summary>In the queue's time; <see cref="long.MaxValue"/>: never.</summary>
    public required long ExpiresAtMs { get; init; }

    /// <summary>The queue stores it, unless it goes at once to somebody who does not acknowledge.</summary>
    public required bool IsStored { get; init; }

    public required bool AwaitsConfirm { get; init; }

    public PagedPlace Place { get; set; }

    public int Verdicts { get; set; }

    public bool CameBack { get; set; }

    /// <summary>While a client has it.</summary>
    public int Slot { get; set; }

    public long Token { get; set; }

    public Message Bytes { get; set; }

    /// <summary>While its dead letter is under way: its entry.</summary>
    public long Entry { get; set; }

    /// <summary>That it was published is on disk.</summary>
    public bool IsDurable { get; set; }

    /// <summary>That it is gone is on disk.</summary>
    public bool IsGoneDurable { get; set; }

    /// <summary>Its place in the queue's order; 0: not known.</summary>
    public long Position { get; set; }
}
