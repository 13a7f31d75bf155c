using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// Looks at a waiting message and may replace it by a copy of itself in another slab, moving the reference along.
/// </summary>
public delegate void Relocation(ref Message message);
