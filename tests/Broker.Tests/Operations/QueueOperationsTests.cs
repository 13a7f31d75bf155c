using System.Collections.Immutable;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Connections;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Operations;

/// <summary>An operator's get: what he does not see stays.</summary>
public sealed class QueueOperationsTests : IAsyncLifetime
{
    private const int Messages = 20;

    private readonly BrokerHost _host = new();

    public async ValueTask InitializeAsync()
    {
        Link link = await _host.ConnectWithChannelAsync(capacityBytes: 1024 * 1024);
        await link.Client.DeclareAsync(1, "q");
        for (int number = 0; number < Messages; number++)
            await link.Client.AddPublish(1, "", "q", new byte[1024 * 1024]).FlushAsync();
        await _host.QueueHolds("q", Messages, 0);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_was_to_be_taken_goes_back_if_nobody_could_take_it()
    {
        await Assert.ThrowsAsync<IOException>(
            () => GetAsync(5, takesOut: true, _ => throw new IOException("The operator has gone.")));
        await _host.QueueHolds("q", Messages, 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task However_many_are_asked_for_only_so_many_bytes_are_held(bool takesOut)
    {
        int came = 0;
        await GetAsync(1000, takesOut, messages =>
        {
            came = messages.Length;
            return Task.CompletedTask;
        });
        Assert.Equal(16, came);
        await _host.QueueHolds("q", takesOut ? Messages - came : Messages, 0);
    }

    private Task<AnswerKind> GetAsync(int count, bool takesOut, Func<ImmutableArray<FetchedMessage>, Task> take) =>
        QueueOperations.GetAsync(
            _host.Queue("q").Definition, count, takesOut, take, TestContext.Current.CancellationToken);
}
