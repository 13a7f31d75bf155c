using System.Collections.Concurrent;
using Warren.Broker;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>
/// Commands of other hosts: each has a link of its own, on which it says what it would say on the control socket. Lives
/// as long as the process, so that a command can stop the broker and still be answered.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="log">Where each command is told.</param>
public sealed class RemoteCommands(TimeProvider time, LogSink log) : IVisitorUser
{
    private readonly ConcurrentDictionary<PeerLink, LinkStream> _streams = new();
    private Func<Stream, Task>? _serve;

    /// <summary>Holds the conversation with one command, until the stream ends; null: the process ends.</summary>
    public Func<Stream, Task>? Serve
    {
        get => Volatile.Read(ref _serve);
        set => Volatile.Write(ref _serve, value);
    }

    public void LinkUp(PeerLink link)
    {
        var stream = new LinkStream(link, PeerFrameKind.FirstOfCommands);
        _streams[link] = stream;
        _ = ServeAsync(link, stream);
    }

    public void LinkDown(PeerLink link, string reason)
    {
        if (_streams.TryRemove(link, out LinkStream? stream))
            stream.End();
    }

    public void FrameArrived(in PeerFrame frame)
    {
        if (_streams.TryGetValue(frame.Link, out LinkStream? stream))
            stream.Receive(frame);
        else
            frame.Credit.Return();
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass)
    {
        if (_streams.TryGetValue(link, out LinkStream? stream))
            stream.MoreRoom();
    }

    private async Task ServeAsync(PeerLink link, LinkStream stream)
    {
        // Off the link's loop.
        await Task.Yield();
        log(LogLevel.Debug, LogCategory.Default, $"a command of another host is served: {link.Peer.Name}");
        if (Serve is { } serve)
            await serve(stream).ConfigureAwait(false);
        await stream.FinishAsync(time).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
