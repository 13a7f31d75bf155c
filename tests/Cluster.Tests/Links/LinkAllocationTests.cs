using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>
/// A frame goes through queue, stream, handler and its credit back without garbage. Counted are the bytes of all
/// threads of the process; the lowest of a few attempts counts, since the runtime makes something for itself now and
/// then. One object a frame would be 24 bytes.
/// </summary>
[Collection(nameof(LinkAllocationTests))]
[CollectionDefinition(nameof(LinkAllocationTests), DisableParallelization = true)]
public sealed class LinkAllocationTests
{
    private const int Frames = 100_000;
    private const int Attempts = 50;

#if DEBUG
    // Without optimization the compiler makes an object of every asynchronous method's state.
    private const double BudgetBytes = 20;
#else
    private const double BudgetBytes = 0.5;
#endif

    private long _received;
    private volatile bool _isWasteful;

    [Theory]
    [InlineData(16, false)]
    [InlineData(1000, false)]
    [InlineData(16, true)]
    public async Task A_frame_on_its_way_allocates_nothing(int bodyBytes, bool isWasteful)
    {
        _isWasteful = isWasteful;
        var wire = new MemoryDuplex(256 * 1024);
        PeerLink sender = Make(wire.Client, 1, 2);
        PeerLink receiver = Make(wire.Server, 2, 1);
        Task<string> sending = sender.RunAsync();
        Task<string> receiving = receiver.RunAsync();
        byte[] body = new byte[bodyBytes];
        double lowest = double.MaxValue;
        for (int attempt = 0; attempt < (isWasteful ? 5 : Attempts) && lowest > BudgetBytes; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long goal = Volatile.Read(ref _received) + Frames;
            for (int count = 0; count < Frames; count++)
            {
                while (!sender.TrySend(LinkClass.Publishes, 1, body))
                    await Task.Yield();
            }
            while (Volatile.Read(ref _received) < goal)
                await Task.Yield();
            lowest = Math.Min(lowest, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Frames);
        }
        sender.Close("done");
        await Task.WhenAll(sending, receiving);
        // The measure sees what is beyond the budget.
        Assert.True(isWasteful ? lowest > BudgetBytes : lowest <= BudgetBytes, $"{lowest} bytes a frame");
    }

    private PeerLink Make(Stream stream, ulong inputSalt, ulong outputSalt) => new(
        stream,
        new HandshakeResult(SimulatedWorld.Identity("a"), LinkPurpose.Peer, 1, inputSalt, outputSalt),
        new LinkOptions(),
        new LinkSeams
        {
            Frame = Handle,
            Heartbeat = (_, _) => { },
            Reachability = (_, _) => { },
            Room = (_, _) => { },
            State = () => default,
            Schedule = turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: true),
            Time = TimeProvider.System,
        });

    private void Handle(in PeerFrame frame)
    {
        if (_isWasteful)
            GC.KeepAlive(new byte[1]);
        frame.Credit.Return();
        Volatile.Write(ref _received, _received + 1);
    }
}
