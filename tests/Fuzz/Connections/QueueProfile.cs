using Warren.Amqp;

namespace Warren.Fuzz.Connections;

/// <summary>How a queue of a script is declared, each time the same, so that declaring it again succeeds.</summary>
public sealed record QueueProfile(bool Durable, bool Exclusive, bool AutoDelete, FieldTable Arguments)
{
    /// <summary>Draws one.</summary>
    public static QueueProfile Make(Random random)
    {
        var isQuorum = random.Next(5) == 0;
        var arguments = new FieldTable();
        if (isQuorum)
            arguments.Add("x-queue-type", FieldValue.Of("quorum"));
        if (isQuorum && random.Next(2) == 0)
            arguments.Add("x-delivery-limit", FieldValue.Of(random.Next(4)));
        if (!isQuorum && random.Next(6) == 0)
            arguments.Add("x-max-priority", FieldValue.Of(random.Next(1, 12)));
        Maybe("x-message-ttl", 4, 3000);
        Maybe("x-expires", 8, 10_000);
        Maybe("x-max-length", 4, 5);
        Maybe("x-max-length-bytes", 8, 500);
        Maybe("x-consumer-timeout", 6, 5000);
        if (random.Next(6) == 0)
            arguments.Add("x-single-active-consumer", FieldValue.Of(true));
        if (random.Next(4) == 0)
        {
            string[] overflows = ["drop-head", "reject-publish", isQuorum ? "drop-head" : "reject-publish-dlx"];
            arguments.Add("x-overflow", FieldValue.Of(overflows[random.Next(3)]));
        }

        if (random.Next(3) == 0)
        {
            arguments.Add("x-dead-letter-exchange", FieldValue.Of(random.Next(2) == 0 ? "" : $"x{random.Next(5)}"));
            if (random.Next(2) == 0)
                arguments.Add("x-dead-letter-routing-key", FieldValue.Of($"q{random.Next(5)}"));
        }

        var isDurable = isQuorum || random.Next(2) == 0;
        var isExclusive = !isQuorum && random.Next(6) == 0;
        return new QueueProfile(isDurable, isExclusive, !isQuorum && random.Next(6) == 0, arguments);

        void Maybe(string name, int oneIn, int most)
        {
            if (random.Next(oneIn) == 0)
                arguments.Add(name, FieldValue.Of(random.Next(1, most)));
        }
    }
}
