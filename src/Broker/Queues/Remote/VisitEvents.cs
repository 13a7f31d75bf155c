using System.Text;
using Warren.Amqp;
using Warren.Broker.Connections;

namespace Warren.Broker.Queues.Remote;

/// <summary>What clients of another node are told of their consumers. Run in the visit's turn.</summary>
internal static class VisitEvents
{
    /// <summary>A consumer has ended or is overdue, or its channel is to end, or it has no place left.</summary>
    /// <param name="item">What the queue's turn says.</param>
    /// <param name="deliveries">The lane that it goes to.</param>
    /// <param name="commands">The visit's.</param>
    public static void Tell(in OutboxItem item, LaneSender deliveries, VisitCommands commands)
    {
        switch ((ConnectionEventKind)item.Slot)
        {
            case ConnectionEventKind.ConsumerEnded:
                var ended = (Consumer)item.Target!;
                if (commands.Forget(ended))
                    LineWriting.Number(deliveries, LineItemKind.ConsumerEnded, ended.LineNumber);
                break;
            case ConnectionEventKind.ConsumerOverdue:
                LineWriting.Number(
                    deliveries, LineItemKind.ConsumerOverdue, ((Consumer)item.Target!).LineNumber);
                break;
            case ConnectionEventKind.PlaceReturned:
                LineWriting.Number(deliveries, LineItemKind.WantsPlaces, ((Consumer)item.Target!).LineNumber);
                break;
            case ConnectionEventKind.Failed:
                var error = (AmqpException)item.Target!;
                long consumer = ((VisitChannel)item.Channel!).ConsumerNumber;
                byte[] text = Encoding.UTF8.GetBytes(error.Message);
                LineWriting.CloseChannel(deliveries, consumer, error.ReplyCode, text);
                break;
        }
    }
}
