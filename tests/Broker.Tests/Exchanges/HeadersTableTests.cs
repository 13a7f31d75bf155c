using System.Text.Json;
using Warren.Amqp;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Exchanges;

/// <summary>Which headers match which binding arguments, as recorded from RabbitMQ.</summary>
public sealed class HeadersTableTests
{
    // The columns of the table: what the messages carry, from none at all on.
    private const string Messages = """
        null
        {}
        {"a": 1}
        {"a": 2}
        {"a": "1"}
        {"a": 1, "b": 2}
        {"b": 2}
        {"a": null}
        {"x-q": 1}
        {"a": 1, "x-q": 1}
        """;

    private const string Table = """
        {"a": 1}                                    | N N Y N N Y N N N Y
        {"a": 1, "b": 2, "x-match": "all"}          | N N N N N Y N N N N
        {"a": 1, "b": 2, "x-match": "any"}          | N N Y N N Y Y N N Y
        {"x-match": "all"}                          | Y Y Y Y Y Y Y Y Y Y
        {"x-match": "any"}                          | N N N N N N N N N N
        {"a": null, "x-match": "all"}               | N N Y Y Y Y N Y N Y
        {"a": null, "x-match": "any"}               | N N Y Y Y Y N Y N Y
        {"x-match": "all", "x-q": 1}                | Y Y Y Y Y Y Y Y Y Y
        {"x-match": "all-with-x", "x-q": 1}         | N N N N N N N N Y Y
        {"a": 1, "x-match": "any-with-x", "x-q": 1} | N N Y N N Y N N Y Y
        {"x-match": "any", "x-q": 1}                | N N N N N N N N N N
        """;

    public static TheoryData<string> Rows() => [.. Table.Split('\n')];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Arguments_match_the_headers_they_match_in_RabbitMQ(string row)
    {
        string[] parts = row.Split('|');
        Vhost vhost = Vhost.Create("/").WithQueues("q").Bind("amq.headers", "q", "", Parse(parts[0])!);
        string[] expected = parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] messages = Messages.Split('\n');
        Assert.Equal(messages.Length, expected.Length);
        for (int i = 0; i < messages.Length; i++)
        {
            bool matches = vhost.Route("amq.headers", "", Parse(messages[i])) == "q";
            Assert.True(matches == (expected[i] == "Y"), $"{row} with {messages[i]}: {matches}");
        }
    }

    private static FieldTable? Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind == JsonValueKind.Null)
            return null;
        var table = new FieldTable();
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            table.Add(property.Name, property.Value.ValueKind switch
            {
                JsonValueKind.Number => FieldValue.Of(property.Value.GetInt32()),
                JsonValueKind.String => FieldValue.Of(property.Value.GetString()!),
                _ => FieldValue.Void,
            });
        }
        return table;
    }
}
