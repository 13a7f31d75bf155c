using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Exchanges;
using Warren.Broker.Operations;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>What an operator does to queues and their messages.</summary>
internal sealed class QueueCommands(NodeHost host)
{
    /// <summary>Why nothing can be got from such a queue.</summary>
    internal const string SingleActiveText =
        "a quorum queue with a single active consumer gives no messages to anybody else";

    private MessageBroker Broker => host.RequireServing().Broker;

    public async Task<Action<Utf8JsonWriter>?> PurgeAsync(ControlRequest request, ControlReply reply)
    {
        // There may be one that this node has not heard of. Where nobody can say that, the one that it knows is asked,
        // as for a client: one that has gone, or is out of reach, says so.
        await Broker.Operations.KnowsAllAsync().WaitAsync(reply.Cancellation).ConfigureAwait(false);
        QueueDefinition queue = Find(request);
        (AnswerKind answer, long messages) = await QueueOperations.PurgeAsync(queue)
            .WaitAsync(reply.Cancellation).ConfigureAwait(false);
        if (answer == AnswerKind.Closed)
            throw new ControlRefusalException(ControlRefusalException.NotFoundKind, "not_found");
        RefuseIfAway(queue, answer);
        return json => json.WriteNumber("messages", messages);
    }

    public async Task<Action<Utf8JsonWriter>?> DeleteAsync(ControlRequest request, ControlReply reply)
    {
        if (!await Broker.Operations.KnowsAllAsync().WaitAsync(reply.Cancellation).ConfigureAwait(false))
        {
            Broker.FindVhost(request.Vhost).Queues.TryGetValue(request.Text("queue"), out QueueDefinition? known);
            throw ControlRefusalException.Because(
                known?.Home.AwayText ?? "no majority of the cluster's nodes can be reached to say whether the queue is "
                + "still the one of its name: nothing was deleted");
        }
        QueueDefinition queue = Find(request);
        (AnswerKind answer, long messages) = await Broker.Operations
            .DeleteAsync(queue, request.Flag("if_unused"), request.Flag("if_empty"))
            .WaitAsync(reply.Cancellation).ConfigureAwait(false);
        RefuseIfAway(queue, answer);
        if (answer is AnswerKind.InUse or AnswerKind.NotEmpty)
        {
            throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind,
                answer == AnswerKind.InUse ? "Queue is in use" : "Queue is not empty");
        }
        return json => json.WriteNumber("messages", messages);
    }

    public async Task<Action<Utf8JsonWriter>?> DeclareAsync(ControlRequest request, ControlReply reply)
    {
        var arguments = new FieldTable();
        if (request.Arguments.TryGetProperty("arguments", out JsonElement more)
            && more.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty argument in more.EnumerateObject())
                arguments[argument.Name] = ValueOf(argument);
        }
        if (request.FindText("type") is { } type)
            arguments["x-queue-type"] = FieldValue.Of(type);
        CheckLength("the queue's name", request.Text("queue"));
        await Broker.Operations
            .DeclareAsync(
                request.Vhost, request.Text("queue"), request.Flag("durable"), request.Flag("auto_delete"), arguments)
            .WaitAsync(reply.Cancellation).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> PublishAsync(ControlRequest request, ControlReply reply)
    {
        Vhost vhost = Broker.FindVhost(request.Vhost);
        string exchange = request.Text("exchange");
        if (!vhost.Exchanges.TryGetValue(exchange, out Exchange? target))
        {
            throw new ControlRefusalException(
                ControlRefusalException.NotFoundKind, $"no exchange '{exchange}' in vhost '{vhost.Name}'");
        }
        if (target.Internal)
        {
            throw ControlRefusalException.Because(
                $"cannot publish to internal exchange '{exchange}' in vhost '{vhost.Name}'");
        }
        if (Broker.Alarms.ReasonForAll is { } reason)
            throw ControlRefusalException.Because($"publishers are blocked: {reason}");
        CheckLength("the routing key", request.Text("routing_key"));
        byte[] body = Encoding.UTF8.GetBytes(request.Text("body"));
        if (body.Length > host.Options.Broker.MaxMessageSizeBytes)
        {
            throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind,
                $"message size {body.Length} is larger than configured max size "
                + $"{host.Options.Broker.MaxMessageSizeBytes}");
        }
        var properties = new BasicProperties { DeliveryMode = (byte)(request.Flag("persistent") ? 2 : 1) };
        PublishOutcome outcome = await Broker.Operations
            .PublishAsync(
                vhost, exchange, request.Text("routing_key"), properties, body, request.Number("count"),
                reply.Cancellation)
            .WaitAsync(reply.Cancellation).ConfigureAwait(false);
        return json =>
        {
            json.WriteNumber("confirmed", outcome.Confirmed);
            json.WriteNumber("unroutable", outcome.Unroutable);
            json.WriteNumber("refused", outcome.Refused);
            if (outcome.AwayText is { } away)
                json.WriteString("away", away);
        };
    }

    public async Task<Action<Utf8JsonWriter>?> GetAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = Find(request);
        AnswerKind answer = await QueueOperations
            .GetAsync(
                queue, Math.Clamp(request.Number("count"), 1, 1000), request.Flag("ack"),
                messages => WriteAsync(reply, messages), reply.Cancellation)
            .ConfigureAwait(false);
        RefuseIfAway(queue, answer);
        if (answer == AnswerKind.RefusedSingleActive)
        {
            throw ControlRefusalException.Because(SingleActiveText);
        }
        return null;
    }

    private static async Task WriteAsync(ControlReply reply, ImmutableArray<FetchedMessage> messages)
    {
        foreach (FetchedMessage message in messages)
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(Encoding.UTF8.GetString(message.Exchange));
                json.WriteStringValue(Encoding.UTF8.GetString(message.RoutingKey));
                json.WriteBooleanValue(message.IsRedelivered);
                WriteProperties(json, message.Properties);
                json.WriteStringValue(Encoding.UTF8.GetString(message.Body));
            }).ConfigureAwait(false);
        }
        await reply.FlushAsync().ConfigureAwait(false);
    }

    public Task<Action<Utf8JsonWriter>?> SyncAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = Find(request);
        bool isReplicated = queue.Type == QueueType.Quorum
            || (Broker.FindVhost(queue.Vhost).Policies.OfQueues.TryGetValue(queue.Name, out EffectivePolicy? policy)
                && policy.Definition.ContainsKey("ha-mode"));
        // Replication never leaves a member behind that needs to be told: there is nothing left to do.
        return isReplicated
            ? Task.FromResult<Action<Utf8JsonWriter>?>(null)
            : throw ControlRefusalException.Because("not_mirrored");
    }

    public Task<Action<Utf8JsonWriter>?> CancelSyncAsync(ControlRequest request, ControlReply reply)
    {
        Find(request);
        return Task.FromResult<Action<Utf8JsonWriter>?>(null);
    }

    private QueueDefinition Find(ControlRequest request) => Broker.FindQueue(request.Vhost, request.Text("queue"));

    /// <exception cref="ControlRefusalException">Who serves the queue is out of reach.</exception>
    internal static void RefuseIfAway(QueueDefinition queue, AnswerKind answer)
    {
        if (answer == AnswerKind.Unavailable)
        {
            throw ControlRefusalException.Because(
                queue.Home.AwayText ?? $"the home node of queue '{queue.Name}' went away for a moment: try again");
        }
    }

    // What AMQP writes its length of into one octet.
    private static void CheckLength(string what, string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > byte.MaxValue)
        {
            throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind, $"{what} has more than {byte.MaxValue} bytes");
        }
    }

    private static FieldValue ValueOf(JsonProperty argument) => argument.Value.ValueKind switch
    {
        JsonValueKind.String => FieldValue.Of(argument.Value.GetString()!),
        JsonValueKind.True => FieldValue.Of(true),
        JsonValueKind.False => FieldValue.Of(false),
        JsonValueKind.Number when argument.Value.TryGetInt64(out long number) => FieldValue.Of(number),
        JsonValueKind.Number => FieldValue.Of(argument.Value.GetDouble()),
        _ => throw new ControlRefusalException(
            ControlRefusalException.InvalidArgumentKind,
            $"the argument {argument.Name} must be a text, a number, true or false"),
    };

    private static void WriteProperties(Utf8JsonWriter json, BasicProperties properties)
    {
        var table = new FieldTable();
        void Add(string name, string? value)
        {
            if (value is not null)
                table.Add(name, FieldValue.Of(value));
        }
        Add("content_type", properties.ContentType);
        Add("content_encoding", properties.ContentEncoding);
        if (properties.Headers is { } headers)
            table.Add("headers", FieldValue.Of(headers));
        if (properties.DeliveryMode is { } mode)
            table.Add("delivery_mode", FieldValue.Of(mode));
        if (properties.Priority is { } priority)
            table.Add("priority", FieldValue.Of(priority));
        Add("correlation_id", properties.CorrelationId);
        Add("reply_to", properties.ReplyTo);
        Add("expiration", properties.Expiration?.ToString(CultureInfo.InvariantCulture));
        Add("message_id", properties.MessageId);
        Add("type", properties.Type);
        Add("user_id", properties.UserId);
        Add("app_id", properties.AppId);
        json.Table(table);
    }
}
