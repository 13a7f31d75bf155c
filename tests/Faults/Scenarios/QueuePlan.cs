using Warren.Amqp;
using Warren.Faults.Ledgers;

namespace Warren.Faults.Scenarios;

/// <summary>A durable queue of a workload.</summary>
internal sealed record QueuePlan(string Name, QueueTraits Traits)
{
    /// <summary>Arguments of queue.declare.</summary>
    public FieldTable Arguments { get; init; } = FieldTable.Empty;

    /// <summary>The fan-out exchange that it is bound to, beside the default exchange.</summary>
    public string? BoundTo { get; init; }
}
