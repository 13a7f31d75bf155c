using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Queues;

namespace Warren.Server.Control;

/// <summary>
/// <c>peek</c>: a message that waits in a quorum queue, by its place. All before it are taken for the moment that this
/// takes, and put back in their places.
/// </summary>
internal sealed class PeekCommand(NodeHost host)
{
    /// <summary>All up to it are taken at once.</summary>
    private const int MostPosition = 1000;

    /// <summary>As many of the body are shown.</summary>
    private const int PayloadBytes = 64;

    public async Task<Action<Utf8JsonWriter>?> RunAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = host.RequireServing().Broker.FindQueue(request.Vhost, request.Text("queue"));
        if (queue.Type != QueueType.Quorum)
            throw ControlRefusalException.Because("Cannot peek into a classic queue");
        int position = request.Number("position");
        if (position > MostPosition)
        {
            throw ControlRefusalException.Because(
                $"a queue is read from its head, and no further than to message {MostPosition}");
        }
        ImmutableArray<FetchedMessage> found = [];
        if (position > 0)
        {
            AnswerKind answer = await QueueOperations.GetAsync(
                queue, position, takesOut: false,
                messages =>
                {
                    found = messages;
                    return Task.CompletedTask;
                },
                reply.Cancellation).ConfigureAwait(false);
            QueueCommands.RefuseIfAway(queue, answer);
            if (answer == AnswerKind.RefusedSingleActive)
                throw ControlRefusalException.Because(QueueCommands.SingleActiveText);
        }
        if (found.Length >= position && position > 0)
            await WriteAsync(found[position - 1], reply).ConfigureAwait(false);
        else if (found.Sum(static message => (long)message.Body.Length) >= QueueOperations.BatchBytes)
            throw ControlRefusalException.Because("the messages before it are too large to be taken at once");
        else
            throw ControlRefusalException.Because("no_message_at_pos");
        return null;
    }

    // RabbitMQ's order: the properties from the last to the first, and then what is not one.
    private static async Task WriteAsync(FetchedMessage message, ControlReply reply)
    {
        BasicProperties properties = message.Properties;
        await RowAsync(reply, "cluster_id", properties.ClusterId).ConfigureAwait(false);
        await RowAsync(reply, "app_id", properties.AppId).ConfigureAwait(false);
        await RowAsync(reply, "user_id", properties.UserId).ConfigureAwait(false);
        await RowAsync(reply, "type", properties.Type).ConfigureAwait(false);
        await RowAsync(reply, "timestamp", properties.Timestamp).ConfigureAwait(false);
        await RowAsync(reply, "message_id", properties.MessageId).ConfigureAwait(false);
        await RowAsync(reply, "expiration", properties.Expiration).ConfigureAwait(false);
        await RowAsync(reply, "reply_to", properties.ReplyTo).ConfigureAwait(false);
        await RowAsync(reply, "correlation_id", properties.CorrelationId).ConfigureAwait(false);
        await RowAsync(reply, "priority", properties.Priority).ConfigureAwait(false);
        await RowAsync(reply, "delivery_mode", properties.DeliveryMode).ConfigureAwait(false);
        await RowAsync(reply, "content_encoding", properties.ContentEncoding).ConfigureAwait(false);
        await RowAsync(reply, "content_type", properties.ContentType).ConfigureAwait(false);
        await RowAsync(reply, "routing_keys", Encoding.UTF8.GetString(message.RoutingKey)).ConfigureAwait(false);
        await RowAsync(reply, "exchange", Encoding.UTF8.GetString(message.Exchange)).ConfigureAwait(false);
        string payload = Encoding.UTF8.GetString(message.Body, 0, Math.Min(message.Body.Length, PayloadBytes));
        await RowAsync(reply, $"payload (max {PayloadBytes} bytes)", payload).ConfigureAwait(false);
        foreach ((string name, FieldValue value) in properties.Headers ?? FieldTable.Empty)
        {
            if (name != "x-delivery-count")
                await reply.RowAsync(json => WriteHeader(json, name, value)).ConfigureAwait(false);
        }
        if (message.DeliveryCount >= 0)
            await RowAsync(reply, "header.x-delivery-count", message.DeliveryCount).ConfigureAwait(false);
    }

    private static void WriteHeader(Utf8JsonWriter json, string name, FieldValue value)
    {
        json.WriteStringValue($"header.{name}");
        json.Field(value);
    }

    private static async ValueTask RowAsync(ControlReply reply, string name, object? value)
    {
        if (value is null)
            return;
        await reply.RowAsync(json =>
        {
            json.WriteStringValue(name);
            if (value is string text)
                json.WriteStringValue(text);
            else
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
        }).ConfigureAwait(false);
    }
}
