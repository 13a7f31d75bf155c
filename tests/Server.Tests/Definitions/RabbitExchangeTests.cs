using System.Text;
using Warren.Broker;
using Warren.Broker.Turns;
using Warren.Server.Definitions;
using Xunit;

namespace Warren.Server.Tests.Definitions;

/// <summary>Definitions go to a real RabbitMQ and come back without loss.</summary>
public sealed class RabbitExchangeTests
{
    /// <summary>
    /// All that RabbitMQ 3.10 without plugins keeps: it has no classic_queues and no parameters of other components,
    /// does not export internal exchanges, and makes the word "null" of a null.
    /// </summary>
    private static readonly string Document = TestDocument.Read("interchange.json");

    [Fact]
    public async Task Definitions_survive_RabbitMQ()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        string ours = await WrittenAfterAsync(Document);
        using var rabbit = new RabbitServer(ours);
        string theirs = rabbit.Export();
        Assert.Equal(ours, await WrittenAfterAsync(theirs));
    }

    private static async Task<string> WrittenAfterAsync(string json)
    {
        using var broker = new MessageBroker(
            new BrokerOptions(), ThreadPoolTurns.Instance, TimeProvider.System, new Random(1), (_, _, _) => { });
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        await broker.Administration.ImportAsync(DefinitionsReader.Read(stream));
        using var written = new MemoryStream();
        DefinitionsWriter.Write(written, broker);
        return Encoding.UTF8.GetString(written.ToArray());
    }
}
