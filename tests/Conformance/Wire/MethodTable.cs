using System.Globalization;

namespace Warren.Conformance.Wire;

/// <summary>
/// Every method of AMQP 0-9-1 with RabbitMQ's extensions, written down from the specification and apart from Warren's
/// own table, so that a mistake there cannot hide itself here.
/// </summary>
public static class MethodTable
{
    // A line that begins with a blank goes on with the one above.
    private const string Definitions = """
        10.10  connection.start       version_major:octet version_minor:octet server_properties:table
                                      mechanisms:longstr locales:longstr
        10.11  connection.start-ok    client_properties:table mechanism:shortstr=PLAIN response:longstr
                                      locale:shortstr=en_US
        10.20  connection.secure      challenge:longstr
        10.21  connection.secure-ok   response:longstr
        10.30  connection.tune        channel_max:short frame_max:long heartbeat:short
        10.31  connection.tune-ok     channel_max:short frame_max:long heartbeat:short
        10.40  connection.open        virtual_host:shortstr=/ capabilities:shortstr insist:bit
        10.41  connection.open-ok     known_hosts:shortstr
        10.50  connection.close       reply_code:short=200 reply_text:shortstr=bye class_id:short method_id:short
        10.51  connection.close-ok
        10.60  connection.blocked     reason:shortstr
        10.61  connection.unblocked
        10.70  connection.update-secret new_secret:longstr reason:shortstr
        10.71  connection.update-secret-ok
        20.10  channel.open           out_of_band:shortstr
        20.11  channel.open-ok        channel_id:longstr
        20.20  channel.flow           active:bit
        20.21  channel.flow-ok        active:bit
        20.40  channel.close          reply_code:short=200 reply_text:shortstr=bye class_id:short method_id:short
        20.41  channel.close-ok
        30.10  access.request         realm:shortstr=/data exclusive:bit passive:bit active:bit write:bit read:bit
        30.11  access.request-ok      ticket:short
        40.10  exchange.declare       ticket:short exchange:shortstr type:shortstr=direct passive:bit durable:bit
                                      auto_delete:bit internal:bit nowait:bit arguments:table
        40.11  exchange.declare-ok
        40.20  exchange.delete        ticket:short exchange:shortstr if_unused:bit nowait:bit
        40.21  exchange.delete-ok
        40.30  exchange.bind          ticket:short destination:shortstr source:shortstr routing_key:shortstr
                                      nowait:bit arguments:table
        40.31  exchange.bind-ok
        40.40  exchange.unbind        ticket:short destination:shortstr source:shortstr routing_key:shortstr
                                      nowait:bit arguments:table
        40.51  exchange.unbind-ok
        50.10  queue.declare          ticket:short queue:shortstr passive:bit durable:bit exclusive:bit
                                      auto_delete:bit nowait:bit arguments:table
        50.11  queue.declare-ok       queue:shortstr message_count:long consumer_count:long
        50.20  queue.bind             ticket:short queue:shortstr exchange:shortstr routing_key:shortstr nowait:bit
                                      arguments:table
        50.21  queue.bind-ok
        50.30  queue.purge            ticket:short queue:shortstr nowait:bit
        50.31  queue.purge-ok         message_count:long
        50.40  queue.delete           ticket:short queue:shortstr if_unused:bit if_empty:bit nowait:bit
        50.41  queue.delete-ok        message_count:long
        50.50  queue.unbind           ticket:short queue:shortstr exchange:shortstr routing_key:shortstr arguments:table
        50.51  queue.unbind-ok
        60.10  basic.qos              prefetch_size:long prefetch_count:short global:bit
        60.11  basic.qos-ok
        60.20  basic.consume          ticket:short queue:shortstr consumer_tag:shortstr no_local:bit no_ack:bit
                                      exclusive:bit nowait:bit arguments:table
        60.21  basic.consume-ok       consumer_tag:shortstr
        60.30  basic.cancel           consumer_tag:shortstr nowait:bit
        60.31  basic.cancel-ok        consumer_tag:shortstr
        60.40  basic.publish          ticket:short exchange:shortstr routing_key:shortstr mandatory:bit immediate:bit
        60.50  basic.return           reply_code:short reply_text:shortstr exchange:shortstr routing_key:shortstr
        60.60  basic.deliver          consumer_tag:shortstr delivery_tag:longlong redelivered:bit exchange:shortstr
                                      routing_key:shortstr
        60.70  basic.get              ticket:short queue:shortstr no_ack:bit
        60.71  basic.get-ok           delivery_tag:longlong redelivered:bit exchange:shortstr routing_key:shortstr
                                      message_count:long
        60.72  basic.get-empty        cluster_id:shortstr
        60.80  basic.ack              delivery_tag:longlong multiple:bit
        60.90  basic.reject           delivery_tag:longlong requeue:bit
        60.100 basic.recover-async    requeue:bit
        60.110 basic.recover          requeue:bit
        60.111 basic.recover-ok
        60.120 basic.nack             delivery_tag:longlong multiple:bit requeue:bit
        85.10  confirm.select         nowait:bit
        85.11  confirm.select-ok
        90.10  tx.select
        90.11  tx.select-ok
        90.20  tx.commit
        90.21  tx.commit-ok
        90.30  tx.rollback
        90.31  tx.rollback-ok
        """;

    private const string BasicProperties =
        "content_type:shortstr content_encoding:shortstr headers:table delivery_mode:octet priority:octet "
        + "correlation_id:shortstr reply_to:shortstr expiration:shortstr message_id:shortstr timestamp:timestamp "
        + "type:shortstr user_id:shortstr app_id:shortstr cluster_id:shortstr";

    private static readonly List<MethodDefinition> All =
        [.. Definitions.Replace("\n ", " ").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ReadLine)];

    private static readonly Dictionary<string, MethodDefinition> ByName = All.ToDictionary(method => method.Name);

    private static readonly Dictionary<(ushort, ushort), MethodDefinition> ByNumbers =
        All.ToDictionary(method => (method.ClassId, method.MethodId));

    /// <summary>The fourteen basic properties, the first of them bit 15 of the flags.</summary>
    public static IReadOnlyList<FieldDefinition> Properties { get; } =
        [.. BasicProperties.Split(' ').Select(ReadField)];

    /// <summary>The method of that name, or null.</summary>
    public static MethodDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The method of those numbers, or null.</summary>
    public static MethodDefinition? Find(ushort classId, ushort methodId) =>
        ByNumbers.GetValueOrDefault((classId, methodId));

    private static MethodDefinition ReadLine(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] numbers = words[0].Split('.');
        return new MethodDefinition(
            words[1],
            ushort.Parse(numbers[0], CultureInfo.InvariantCulture),
            ushort.Parse(numbers[1], CultureInfo.InvariantCulture),
            [.. words.Skip(2).Select(ReadField)]);
    }

    private static FieldDefinition ReadField(string word)
    {
        string[] parts = word.Split(':', 2);
        string[] typeAndFallback = parts[1].Split('=', 2);
        return new FieldDefinition(parts[0], typeAndFallback[0], typeAndFallback.ElementAtOrDefault(1));
    }
}
