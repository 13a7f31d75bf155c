using System.Text;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Administration;
using Warren.Broker.Turns;
using Warren.Server.Definitions;
using Xunit;

namespace Warren.Server.Tests.Definitions;

/// <summary>
/// What is exported comes back the same, by the reader and by any program that knows RabbitMQ's documents.
/// </summary>
public sealed class DefinitionsWriterTests : IDisposable
{
    /// <summary>As RabbitMQ 3.13 writes them, in its order of keys.</summary>
    private static readonly string Document = TestDocument.Read("whole.json");

    private readonly MessageBroker _broker = Start();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task What_is_read_is_written_again_byte_by_byte()
    {
        await ImportAsync(_broker, Document);
        Assert.Equal(Document, Write(_broker));
        using MessageBroker other = Start();
        await ImportAsync(other, Write(_broker));
        Assert.Equal(Write(_broker), Write(other));
    }

    [Fact]
    public async Task One_vhost_alone_goes_where_it_is_read_for()
    {
        await ImportAsync(_broker, Document);
        string json = Write(_broker, "/");
        Assert.DoesNotContain("\"vhost\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\"users\"", json, StringComparison.Ordinal);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        await _broker.Administration.ImportAsync(DefinitionsReader.Read(stream, vhost: "v1"));
        string copy = Write(_broker, "v1");
        // But for the limits, which were v1's own.
        Assert.Equal(
            Sections(json, "policies", "queues", "exchanges", "bindings"),
            Sections(copy, "policies", "queues", "exchanges", "bindings"));
        AdministrationException refusal = Assert.Throws<AdministrationException>(() => Write(_broker, "nosuch"));
        Assert.Equal(AdministrationFailure.NoSuchVhost, refusal.Failure);
    }

    [Fact]
    public void Values_of_every_type_are_told_in_JSON()
    {
        var table = new FieldTable();
        table.Add("short", FieldValue.Of((short)-5));
        table.Add("float", FieldValue.Of(1.5f));
        table.Add("nan", FieldValue.Of(double.NaN));
        table.Add("decimal", FieldValue.OfDecimal(2, 12_345));
        table.Add("time", FieldValue.OfTimestamp(1_700_000_000));
        table.Add("bytes", FieldValue.OfBytes("ab"u8));
        table.Add("void", FieldValue.Void);
        table.Add("quote", FieldValue.Of("<\"é\">"));
        Assert.Equal(
            "{\"short\":-5,\"float\":1.5,\"nan\":null,\"decimal\":123.45,\"time\":1700000000,\"bytes\":\"ab\","
            + "\"void\":null,\"quote\":\"<\\\"é\\\">\"}",
            JsonFields.Text(FieldValue.Of(table)));
        Assert.True(JsonFields.TryParse("{\"a\": [1, 2.5, true, null, \"x\"], \"a\": 1}", out FieldValue read, out _));
        Assert.Equal("{\"a\":1}", JsonFields.Text(read));
        Assert.False(JsonFields.TryParse("notjson", out _, out string? error));
        Assert.NotEmpty(error);
        Assert.False(JsonFields.TryParse(new string('[', 10_000), out _, out _));
    }

    private static string Sections(string json, params string[] names)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return string.Join('\n', names.Select(name => document.RootElement.GetProperty(name).GetRawText()));
    }

    private static MessageBroker Start() => new(
        new BrokerOptions(), ThreadPoolTurns.Instance, TimeProvider.System, new Random(1), (_, _, _) => { });

    private static async Task ImportAsync(MessageBroker broker, string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        await broker.Administration.ImportAsync(DefinitionsReader.Read(stream));
    }

    private static string Write(MessageBroker broker, string? vhost = null)
    {
        using var stream = new MemoryStream();
        DefinitionsWriter.Write(stream, broker, vhost);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
