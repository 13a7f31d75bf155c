using System.Text;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>Performs a step that is addressed to a channel, as in a.1 queue.declare queue=q.</summary>
public sealed class ChannelStep(Conversation conversation, ushort channel, QueueObserver observer, List<string> lines)
{
    /// <summary>Sends what the verb says and waits for the reply of a synchronous method.</summary>
    public void Perform(string verb, Arguments arguments)
    {
        switch (verb)
        {
            case "bodies":
                Drain(arguments, told: false);
                break;
            case "drain":
                Drain(arguments, told: true);
                break;
            case "bare":
                Bare(arguments);
                break;
            case "header":
                conversation.PrepareHidden();
                conversation.SendFrame(2, channel, HeaderByHand(arguments), 0xCE);
                break;
            case "body":
                conversation.PrepareHidden();
                conversation.SendFrame(3, channel, Literal.Text(arguments.Words[0]), 0xCE);
                break;
            case "withhold":
                conversation.WithholdsCloseOk = true;
                break;
            default:
                SendMethod(verb, arguments);
                break;
        }
    }

    /// <summary>A method frame alone: the channel is not opened for it and no content follows.</summary>
    private void Bare(Arguments arguments)
    {
        conversation.PrepareHidden();
        string method = arguments.Words[0];
        if (method == "basic.publish")
            conversation.Channel(channel).InContent = true;
        conversation.SendMethod(channel, method, arguments.Named);
    }

    private static byte[] HeaderByHand(Arguments arguments)
    {
        WireWriter writer = new();
        writer.Short((ushort)(long)Literal.ForField("short", arguments.Named.GetValueOrDefault("class", "60")));
        writer.Short((ushort)(long)Literal.ForField("short", arguments.Named.GetValueOrDefault("weight", "0")));
        writer.LongLong((ulong)(long)Literal.ForField("longlong", arguments.Named["size"]));
        writer.Short((ushort)(long)Literal.ForField("short", arguments.Named.GetValueOrDefault("flags", "0")));
        return writer.ToArray();
    }

    private void SendMethod(string method, Arguments arguments)
    {
        if (method != "channel.open" && channel != 0)
            conversation.EnsureOpen(channel);
        ChannelState state = conversation.Channel(channel);
        if (channel != 0 && method != "channel.open" && !state.Open)
            return;
        conversation.SendMethod(channel, method, arguments.Named);
        if (method == "basic.publish")
        {
            byte[] body = Literal.Text(arguments.Named.GetValueOrDefault("body", "m"));
            conversation.SendContent(channel, Header(arguments, body.Length), body);
            return;
        }

        AwaitReply(method, arguments);
    }

    private static ContentHeader Header(Arguments arguments, int bodySizeBytes)
    {
        List<(string, object)> properties = [];
        foreach (FieldDefinition property in MethodTable.Properties)
        {
            if (arguments.Named.TryGetValue(property.Name, out string? raw))
                properties.Add((property.Name, Literal.ForField(property.Type, raw)));
        }

        return new ContentHeader(bodySizeBytes, properties);
    }

    private void AwaitReply(string method, Arguments arguments)
    {
        string queue = Encoding.UTF8.GetString(Literal.Text(arguments.Named.GetValueOrDefault("queue", "")));
        if (method == "queue.declare" && arguments.Flag("nowait"))
            observer.Declared(queue, conversation, arguments.Flag("exclusive"));
        if (method == "confirm.select")
            conversation.Channel(channel).NextConfirm = Math.Max(1, conversation.Channel(channel).NextConfirm);
        if (arguments.Flag("nowait"))
            return;
        if (method == "basic.get")
        {
            conversation.Until(channel, "basic.get-ok", "basic.get-empty");
            return;
        }

        if (MethodTable.Find(method + "-ok") is null)
            return;
        Incoming? reply = conversation.Until(channel, method + "-ok");
        if (reply is not null && method == "queue.declare" && !arguments.Flag("passive"))
        {
            string declared = Encoding.UTF8.GetString((byte[])reply.Method!.Value("queue"));
            observer.Declared(declared, conversation, arguments.Flag("exclusive"));
        }
    }

    /// <summary>Gets until the queue is empty; as whole messages, or as one line of bodies.</summary>
    private void Drain(Arguments arguments, bool told)
    {
        conversation.EnsureOpen(channel);
        List<string> bodies = [];
        Dictionary<string, string> get = new() { ["queue"] = arguments.Named["queue"], ["no_ack"] = "true" };
        while (true)
        {
            conversation.SendMethod(channel, "basic.get", get);
            Incoming? reply = conversation.Until(channel, "basic.get-ok", "basic.get-empty");
            if (reply?.Body is null)
            {
                if (reply is not null)
                    conversation.Forget(reply);
                break;
            }

            bodies.Add(Wording.Text(reply.Body));
            if (!told)
                conversation.Forget(reply);
        }

        if (!told)
            lines.Add($"    bodies: {string.Join(' ', bodies)}");
    }
}
