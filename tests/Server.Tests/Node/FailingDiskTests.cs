using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>A process whose disk refuses a write.</summary>
public sealed class FailingDiskTests : IDisposable
{
    // The reserve has two files of 16 MiB; the unit is 512 bytes, in some shells 1024.
    private const int MostFileBlocks = 40_000;

    private const int BodyBytes = 100_000;

    private readonly ServerProcess _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_write_that_fails_ends_the_node_and_loses_nothing_that_was_confirmed()
    {
        // A file that may not grow any more is refused as by a broken disk: the log must not be written on.
        _server.Before = $"trap '' XFSZ; ulimit -f {MostFileBlocks}";
        // The runtime keeps its code in a file larger than that otherwise.
        _server.Variables["DOTNET_EnableWriteXorExecute"] = "0";
        await _server.StartUpAsync();
        uint confirmed = await PublishUntilTheEndAsync();
        Assert.Equal(74, await _server.EndAsync());
        Assert.StartsWith(
            "The node ends: The node log cannot be written, so nothing more can be promised and the node stops: ",
            _server.Errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("start the node again", _server.Errors.ToString(), StringComparison.Ordinal);

        _server.Before = null;
        await _server.RestartAsync();
        Assert.InRange(await CountAsync(), confirmed, uint.MaxValue);
    }

    /// <summary>The result is how many were confirmed, at least some of them.</summary>
    private async Task<uint> PublishUntilTheEndAsync()
    {
        await using WireClient client = await _server.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        await client.CallAsync(1, Declare(passive: false), MethodId.QueueDeclareOk);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        byte[] persistent = new BasicProperties { DeliveryMode = 2 }.ToArray();
        byte[] body = new byte[BodyBytes];
        uint confirmed = 0;
        try
        {
            while (true)
            {
                await client.AddPublish(1, "", "q", body, persistent).FlushAsync();
                await client.ExpectAsync(MethodId.BasicAck);
                confirmed++;
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException && confirmed > 0)
        {
            return confirmed;
        }
    }

    private async Task<uint> CountAsync()
    {
        await using WireClient client = await _server.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        Received declared = await client.CallAsync(1, Declare(passive: true), MethodId.QueueDeclareOk);
        return declared.MessageCount;
    }

    private static QueueDeclare Declare(bool passive) =>
        new("q", passive, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);
}
