using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

public class QueueArgumentsTests
{
    public static TheoryData<string[]> Declarations => RecordedCases.Read("queue-arguments.txt");

    public static TheoryData<string[]> Redeclarations => RecordedCases.Read("queue-equivalence.txt");

    [Theory]
    [MemberData(nameof(Declarations))]
    public void Declaring_is_answered_as_recorded(string[] line)
    {
        string properties = line[2];
        string outcome = RecordedCases.Outcome(() => QueueArguments.Validate(
            "/",
            "qval",
            properties.Contains("durable", StringComparison.Ordinal),
            properties.Contains("exclusive", StringComparison.Ordinal),
            properties.Contains("auto_delete", StringComparison.Ordinal),
            FieldText.Table(line[1]),
            "classic"));
        Assert.Equal(line[3], outcome);
    }

    [Theory]
    [MemberData(nameof(Redeclarations))]
    public void Redeclaring_is_answered_as_recorded(string[] line)
    {
        FieldTable existing = FieldText.Table(line[1]);
        var queue = new QueueDefinition
        {
            Id = new QueueId(1),
            Vhost = "/",
            Name = "q1",
            Type = QueueArguments.TypeOf(existing),
            Durable = line[2].Contains("durable", StringComparison.Ordinal),
            Arguments = existing,
        };
        string properties = line[4];
        string outcome = RecordedCases.Outcome(() => QueueEquivalence.Check(
            queue,
            properties.Contains("durable", StringComparison.Ordinal),
            properties.Contains("exclusive", StringComparison.Ordinal),
            properties.Contains("auto_delete", StringComparison.Ordinal),
            FieldText.Table(line[3]),
            "classic"));
        Assert.Equal(line[5], outcome);
    }

    /// <summary>As RabbitMQ 3.13 does with an explicit type, and 4.x without one.</summary>
    [Theory]
    [InlineData("""{"x-queue-type": "classic", "x-expires": 1000}""", true, null)]
    [InlineData("""{"x-expires": 1000}""", false, null)]
    [InlineData("""{"x-queue-type": "classic", "x-max-priority": 5, "x-expires": 1000}""", true, null)]
    [InlineData("""{"x-queue-type": "classic", "x-message-ttl": 5, "x-expires": 1000}""", true, "x-message-ttl")]
    [InlineData("""{"x-queue-type": "stream", "x-expires": 1000}""", true, "x-queue-type")]
    [InlineData("""{"x-queue-type": "quorum", "x-expires": 1000}""", false, "durable")]
    [InlineData("""{"x-queue-type": "quorum", "x-delivery-limit": 5, "x-expires": 1000}""", true, "x-delivery-limit")]
    public void A_quorum_queue_may_be_declared_as_a_classic_one_where_that_is_let_pass(
        string arguments, bool durable, string? differs)
    {
        var queue = new QueueDefinition
        {
            Id = new QueueId(1),
            Vhost = "/",
            Name = "q1",
            Type = QueueType.Quorum,
            Durable = true,
            Arguments = FieldText.Table("""{"x-queue-type": "quorum", "x-expires": 1000}"""),
        };
        AmqpException? refused = Check(relaxes: true);
        if (differs is null)
            Assert.Null(refused);
        else
            Assert.Contains($"inequivalent arg '{differs}'", refused?.Message, StringComparison.Ordinal);
        Assert.NotNull(Check(relaxes: false));

        AmqpException? Check(bool relaxes) => (AmqpException?)Record.Exception(() => QueueEquivalence.Check(
            queue, durable, exclusive: false, autoDelete: false, FieldText.Table(arguments), "classic", relaxes));
    }

    [Fact]
    public void Settings_are_what_the_arguments_say()
    {
        ValidQueue queue = Declare("""
            {"x-message-ttl": 1000, "x-expires": 2000, "x-max-length": 3, "x-max-length-bytes": 4,
             "x-overflow": "reject-publish-dlx", "x-max-priority": 5, "x-single-active-consumer": true,
             "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "k", "x-consumer-timeout": 60000}
            """);

        var expected = new QueueSettings
        {
            MessageTtlMs = 1000,
            ExpiresMs = 2000,
            MaxLength = 3,
            MaxLengthBytes = 4,
            Overflow = Overflow.RejectPublishDeadLetter,
            MaxPriority = 5,
            SingleActiveConsumer = true,
            DeadLetterExchange = "",
            DeadLetterRoutingKey = "k",
            ConsumerTimeoutMs = 60_000,
        };
        Assert.Equal(QueueType.Classic, queue.Type);
        Assert.Equal(expected, queue.Settings);
    }

    [Fact]
    public void A_quorum_queue_counts_deliveries_and_drops_the_head_rather_than_dead_letter_what_it_rejects()
    {
        ValidQueue queue = Declare(
            """{"x-queue-type": "quorum", "x-delivery-limit": 3, "x-overflow": "reject-publish-dlx"}""", durable: true);

        Assert.True(queue.Settings.CountsDeliveries);
        Assert.Equal(3, queue.Settings.DeliveryLimit);
        Assert.Equal(Overflow.DropHead, queue.Settings.Overflow);
    }

    [Theory]
    [InlineData("""{"x-queue-type": "quorum", "x-delivery-limit": -1}""")]
    [InlineData("""{"x-queue-type": "quorum", "x-delivery-limit": "a"}""")]
    [InlineData("""{"x-queue-type": "quorum"}""")]
    public void A_delivery_limit_that_is_no_limit_limits_nothing(string arguments) =>
        Assert.Null(Declare(arguments, durable: true).Settings.DeliveryLimit);

    [Fact]
    public void The_consumer_timeout_of_the_node_holds_where_the_queue_brings_none()
    {
        var options = new BrokerOptions { ConsumerTimeoutMs = 5, ConsumerTimeoutClosesChannel = true };

        QueueSettings settings = QueueArguments.Settings(QueueType.Classic, false, FieldTable.Empty, options);

        Assert.Equal(5, settings.ConsumerTimeoutMs);
        Assert.True(settings.ConsumerTimeoutClosesChannel);
    }

    [Fact]
    public void The_default_type_is_written_into_the_arguments()
    {
        ValidQueue queue = QueueArguments.Validate("/", "q", true, false, false, FieldTable.Empty, "quorum");

        Assert.Equal(QueueType.Quorum, queue.Type);
        Assert.Equal("quorum", queue.Arguments["x-queue-type"].AsText());
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    public void The_default_type_gives_way_to_what_it_cannot_be(bool durable, bool exclusive, bool autoDelete)
    {
        ValidQueue queue =
            QueueArguments.Validate("/", "q", durable, exclusive, autoDelete, FieldTable.Empty, "quorum");

        Assert.Equal(QueueType.Classic, queue.Type);
        Assert.Empty(queue.Arguments);
    }

    [Theory]
    [InlineData("quorum")]
    [InlineData("stream")]
    public void Only_classic_queues_are_named_by_the_server(string type)
    {
        FieldTable arguments = FieldText.Table($$"""{"x-queue-type": "{{type}}"}""");

        string outcome = RecordedCases.Outcome(
            () => QueueArguments.Validate("/", "", true, false, false, arguments, "classic"));

        Assert.Equal(
            $"PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_{type}_queue", outcome);
    }

    [Fact]
    public void A_locked_queue_is_told_of_as_recorded() =>
        Assert.Equal(
            "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q1' in vhost '/'. It could be "
            + "originally "
            + "declared on another connection or the exclusive property value does not match that of the original "
            + "declaration.",
            QueueEquivalence.Locked("q1", "/").ReplyText);

    private static ValidQueue Declare(string arguments, bool durable = false) =>
        QueueArguments.Validate("/", "q", durable, false, false, FieldText.Table(arguments), "classic");
}
