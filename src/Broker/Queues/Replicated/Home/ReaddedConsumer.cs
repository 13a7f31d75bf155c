using Warren.Broker.Operations;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Asks the next leader to take a consumer that the one before had. Nobody waits for it; whether it was refused its
/// stand-in sees.
/// </summary>
internal sealed class ReaddedConsumer : OperatorRequest
{
    protected override void Answered(in QueueEffect effect)
    {
    }
}
