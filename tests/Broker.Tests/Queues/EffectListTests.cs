using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>What a publisher hears of a queue that is gone.</summary>
public sealed class EffectListTests
{
    /// <summary>Who keeps a message until a queue has it must not take it for stored.</summary>
    [Theory]
    [InlineData(true, false, false, QueueEffectKind.Reject)]
    [InlineData(true, true, false, QueueEffectKind.Confirm)]
    [InlineData(true, true, true, QueueEffectKind.Reject)]
    [InlineData(false, false, true, QueueEffectKind.Reject)]
    [InlineData(false, false, false, QueueEffectKind.Confirm)]
    public void Who_keeps_a_message_hears_that_a_queue_that_is_gone_has_it_not(
        bool isKept, bool mayComeBack, bool goesAgain, QueueEffectKind expected)
    {
        var effects = new EffectList();
        var group = new PublishGroup(1, static _ => { }) { AwaitsSync = !isKept, GoesAgain = goesAgain };
        effects.AnswerGone(new PublishTicket(null, 0, group), mayComeBack);
        Assert.Equal(expected, effects.Span[0].Kind);
        Assert.Equal(expected == QueueEffectKind.Confirm && mayComeBack, effects.Span[0].AwaitsSync);
        effects.Clear();
    }
}
