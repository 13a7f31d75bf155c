using Warren.Amqp;
using Warren.Broker.Connections;
using Warren.Broker.Turns;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

public sealed class OutputLoopTests
{
    /// <summary>A client that was told goodbye may have gone: it gets the other goodbye and nothing else.</summary>
    [Fact]
    public async Task Behind_a_goodbye_only_the_other_one_goes_out()
    {
        var wire = new MemoryDuplex();
        var outbox = new Outbox(ThreadPoolTurns.Instance, static () => { });
        var loop = new OutputLoop(wire.Server, outbox, new ManualTime());
        byte[] before = Encode(1, new BasicQosOk());
        byte[] close = Encode(0, new ConnectionClose(320, "bye", 0, 0));
        byte[] late = Encode(1, new TxCommitOk());
        byte[] closeOk = Encode(0, new ConnectionCloseOk());
        outbox.Post(OutboxItem.Frames(before));
        outbox.Post(OutboxItem.ConnectionEnd(close));
        outbox.Post(OutboxItem.Frames(late));
        outbox.Post(OutboxItem.ConnectionEnd(closeOk));
        outbox.Post(OutboxItem.Frames(late));
        outbox.Post(OutboxItem.End());

        await loop.RunAsync().WaitAsync(Eventually.Patience);

        byte[] written = new byte[wire.WaitingForClientBytes];
        await wire.Client.ReadExactlyAsync(written);
        Assert.Equal([.. before, .. close, .. closeOk], written);
    }

    private static byte[] Encode<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        byte[] frame = new byte[FrameWriter.MethodFrameBytes(method)];
        FrameWriter.WriteMethod(frame, channel, method);
        return frame;
    }
}
