using Warren.Broker.Queues;

namespace Warren.Broker.Operations;

/// <summary>A request whose answer is how it went and a number of messages.</summary>
internal sealed class CountRequest : OperatorRequest
{
    private readonly TaskCompletionSource<(AnswerKind Answer, long Messages)> _answered =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<(AnswerKind Answer, long Messages)> Task => _answered.Task;

    protected override void Answered(in QueueEffect effect) =>
        _answered.TrySetResult((effect.Answer, effect.MessageCount));
}
