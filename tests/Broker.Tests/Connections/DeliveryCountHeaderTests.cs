using Warren.Amqp;
using Warren.Broker.Connections;
using Xunit;

namespace Warren.Broker.Tests.Connections;

public sealed class DeliveryCountHeaderTests
{
    public static TheoryData<string, BasicProperties> Cases { get; } = new()
    {
        { "nothing", new BasicProperties() },
        {
            "what comes before and after",
            new BasicProperties { ContentType = "a/b", ContentEncoding = "c", DeliveryMode = 2, MessageId = "m" }
        },
        {
            "other headers",
            new BasicProperties
            {
                ContentType = "a/b",
                Headers = new FieldTable { { "k", FieldValue.Of("v") } },
                Priority = 3,
            }
        },
        { "an empty table", new BasicProperties { Headers = new FieldTable(), AppId = "app" } },
        {
            "an old count",
            new BasicProperties
            {
                Headers = new FieldTable { { "x-delivery-count", FieldValue.Of(7) }, { "z", FieldValue.Of(true) } },
            }
        },
        {
            "its name inside a value",
            new BasicProperties { Headers = new FieldTable { { "k", FieldValue.Of("x-delivery-count") } } }
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_count_is_added_and_all_else_stays(string what, BasicProperties properties)
    {
        _ = what;
        byte[] raw = properties.ToArray();
        byte[] output = new byte[raw.Length + DeliveryCountHeader.MostAddedBytes];
        int size = DeliveryCountHeader.Add(raw, 42, output);
        BasicProperties added = BasicProperties.Decode(output.AsSpan(0, size));
        Assert.Equal(FieldValue.Of(42L), added.Headers!["x-delivery-count"]);

        // Without the count it is what it was: compared on the wire, where nothing is forgotten.
        FieldTable before = properties.Headers?.Clone() ?? new FieldTable();
        before.Remove("x-delivery-count");
        FieldTable after = added.Headers.Clone();
        after.Remove("x-delivery-count");
        properties.Headers = before;
        added.Headers = after;
        Assert.Equal(properties.ToArray(), added.ToArray());
    }
}
