using System.Net;
using System.Net.Sockets;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Connections of which each direction has a thread that waits in the kernel.</summary>
public sealed class BlockingPeerStreamTests
{
    private readonly TcpPeerNetwork _network = new(TimeProvider.System, _ => { });

    private int _threads;

    public static bool IsLinux => OperatingSystem.IsLinux();

    [Fact(SkipUnless = nameof(IsLinux), Skip = "only Linux has the calls")]
    public async Task Both_directions_carry_what_is_larger_than_the_kernels_buffers()
    {
        (Stream near, Stream far) = await ConnectAsync();
        Assert.True(Assert.IsAssignableFrom<IPeerStream>(near).Blocks);
        byte[] sent = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        Task[] ways =
        [
            OnThread(() => near.Write(sent)), OnThread(() => far.Write(sent)),
            OnThread(() => Expect(near, sent)), OnThread(() => Expect(far, sent)),
        ];
        await Task.WhenAll(ways);
        await near.DisposeAsync();
        Assert.Equal(0, far.Read(new byte[1]));
        await far.DisposeAsync();
    }

    [Fact(SkipUnless = nameof(IsLinux), Skip = "only Linux has the calls")]
    public async Task Who_disposes_of_it_wakes_its_threads_and_the_other_side_sees_an_orderly_end()
    {
        (Stream near, Stream far) = await ConnectAsync();
        Task<Exception> reading = await BeginAsync(() => near.ReadByte());
        Task<int> atFar = Task.Run(() => far.Read(new byte[1]), TestContext.Current.CancellationToken);
        await near.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await reading);
        Assert.Equal(0, await atFar);
        Assert.Throws<ObjectDisposedException>(() => near.Write([1]));
        await far.DisposeAsync();
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "only Linux has the calls")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_whose_other_side_does_not_read_is_woken_by_the_end(bool isReset)
    {
        (Stream near, Stream far) = await ConnectAsync();
        byte[] much = new byte[64 * 1024 * 1024];
        Task<Exception> writing = await BeginAsync(() => near.Write(much));
        Task<Exception> reading = await BeginAsync(() => near.ReadByte());
        if (isReset)
            ((IPeerStream)near).Reset();
        else
            await near.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await writing);
        Assert.IsType<ObjectDisposedException>(await reading);
        if (isReset)
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                while (await far.ReadAsync(much, TestContext.Current.CancellationToken) > 0)
                {
                }
            });
        }
        await far.DisposeAsync();
    }

    [Fact]
    public async Task A_dial_that_nobody_answers_ends_when_it_is_given_up()
    {
        // One that accepts nobody, and whose queue is full: the kernel leaves further ones without an answer.
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        var address = new PeerAddress("127.0.0.1", ((IPEndPoint)deaf.LocalEndPoint!).Port);
        var dials = new List<Task<Stream>>();
        using var giveUp = new CancellationTokenSource();
        for (int count = 0; count < 4; count++)
            dials.Add(_network.DialAsync(address, giveUp.Token));
        await Eventually.True(() => dials.Exists(dial => dial.IsCompletedSuccessfully));
        await giveUp.CancelAsync();
        int unanswered = 0;
        foreach (Task<Stream> dial in dials)
        {
            try
            {
                await (await dial).DisposeAsync();
            }
            catch (OperationCanceledException)
            {
                unanswered++;
            }
        }
        Assert.NotEqual(0, unanswered);
    }

    // They wait until they are woken: who is not woken in time would be found by looking again, in production.
    private static async Task<(Stream Near, Stream Far)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndpoint);
        Socket far = await listener.AcceptSocketAsync();
        return (new BlockingPeerStream(near, Timeout.Infinite), new BlockingPeerStream(far, Timeout.Infinite));
    }

    private static void Expect(Stream stream, byte[] bytes)
    {
        byte[] received = new byte[bytes.Length];
        stream.ReadExactly(received);
        Assert.True(received.AsSpan().SequenceEqual(bytes));
    }

    private static Task OnThread(Action act) =>
        Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // What it fails with, in the end; begun when its thread sleeps, so that whatever comes next has to wake it.
    private async Task<Task<Exception>> BeginAsync(Action act)
    {
        string name = $"waits-{++_threads}";
        var failure = new TaskCompletionSource<Exception>();
        new Thread(() => failure.SetResult(Record.Exception(act)!)) { Name = name }.Start();
        await Eventually.True(() => Sleeps(name));
        return failure.Task;
    }

    private static bool Sleeps(string thread) => Directory.EnumerateDirectories("/proc/self/task").Any(
        task => Read(task, "comm").Trim() == thread
            && Read(task, "stat").Contains(") S ", StringComparison.Ordinal));

    private static string Read(string task, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, file));
        }
        catch (IOException)
        {
            // A thread that has ended.
            return "";
        }
    }
}
