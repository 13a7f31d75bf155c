using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Operations;

/// <summary>A get of an operator's: the message is copied in the queue's turn.</summary>
internal sealed class FetchRequest : OperatorRequest
{
    private readonly TaskCompletionSource<(AnswerKind Answer, FetchedMessage? Message)> _answered =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<(AnswerKind Answer, FetchedMessage? Message)> Task => _answered.Task;

    protected override void Answered(in QueueEffect effect) => _answered.TrySetResult((effect.Answer, null));

    protected override void Got(in QueueEffect effect)
    {
        Message message = effect.Message;
        _answered.TrySetResult((AnswerKind.Ok, new FetchedMessage
        {
            Slot = effect.Slot,
            Position = effect.Position,
            Epoch = Epoch,
            IsRedelivered = effect.Redelivered,
            DeliveryCount = effect.DeliveryCount,
            Exchange = message.Exchange.ToArray(),
            RoutingKey = message.RoutingKey.ToArray(),
            Properties = BasicProperties.Decode(message.Properties),
            Body = message.Body.ToArray(),
        }));
    }
}
