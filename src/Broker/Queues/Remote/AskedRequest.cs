namespace Warren.Broker.Queues.Remote;

/// <summary>A request that is on its way to a queue and not answered.</summary>
/// <param name="Request">What is told the answer.</param>
/// <param name="Kind">As what it goes: a post, or a consumer's coming or going.</param>
/// <param name="Flags">Of a post.</param>
/// <param name="Consumer">Whom it is about, if anybody.</param>
/// <param name="IsAgain">Another line before this one has carried it: it may have been done already.</param>
internal readonly record struct AskedRequest(
    object Request, LineItemKind Kind, byte Flags, Consumer? Consumer = null, bool IsAgain = false);
