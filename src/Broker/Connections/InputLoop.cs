using Warren.Broker.Turns;
using Warren.Cluster.Turns;

namespace Warren.Broker.Connections;

/// <summary>
/// The reader loop of a connection: reads into the buffer, hands over, waits until the turn lets it go on. Not reading
/// is how back-pressure reaches the client's socket.
/// </summary>
internal sealed class InputLoop
{
    /// <summary>
    /// A read of this much comes from a client that sends without pause: its loop would never leave its thread, since
    /// every read completes at once, and what it posted would wait for a thread.
    /// </summary>
    private const int BusyReadBytes = 8 * 1024;

    private readonly Stream _stream;
    private readonly InputBuffer _buffer;
    private readonly AsyncSignal _mayRead;
    private readonly BackOfTheQueue _backOfTheQueue;
    private int _wantedBytes = 1;

    public InputLoop(Stream stream, InputBuffer buffer, ITurnScheduler turns)
    {
        _stream = stream;
        _buffer = buffer;
        _mayRead = new AsyncSignal(turns.ScheduleNext);
        _backOfTheQueue = new BackOfTheQueue(turns.Schedule);
    }

    /// <summary>
    /// Lets the loop read on; <paramref name="wantedBytes"/> is the size of the frame it is in the middle of.
    /// </summary>
    public void Continue(int wantedBytes)
    {
        _wantedBytes = Math.Max(1, wantedBytes);
        _mayRead.Raise();
    }

    /// <summary>
    /// Runs until the client ends or the socket fails. <paramref name="received"/> gets the number of bytes, or 0 at
    /// the end, exactly once.
    /// </summary>
    public async Task RunAsync(Action<int> received)
    {
        int count;
        do
        {
            try
            {
                // A read of nothing returns when there is something: no array is held by who waits.
                if (_buffer.ReleaseIfEmpty())
                    await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
                count = await _stream.ReadAsync(_buffer.MakeRoom(_wantedBytes)).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Whatever a stream throws, a socket's or TLS's, it gives no more bytes: the end, like any other.
                count = 0;
            }
            // Outside: what the turn throws is a mistake of ours and must not pass for the client's end.
            received(count);
            if (count > 0)
                await _mayRead.WaitAsync().ConfigureAwait(false);
            if (count >= BusyReadBytes)
                await _backOfTheQueue;
        }
        while (count > 0);
    }
}
