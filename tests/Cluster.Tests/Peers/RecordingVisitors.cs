using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Cluster.Tests.Peers;

/// <summary>Sends back whatever a visitor sends, by a stream.</summary>
internal sealed class RecordingVisitors(ushort kind) : IVisitorUser
{
    private readonly TaskCompletionSource<LinkStream> _stream = new();
    private int _downs;

    /// <summary>Of the one visitor.</summary>
    public Task<LinkStream> Stream => _stream.Task;

    public int Downs => Volatile.Read(ref _downs);

    public void LinkUp(PeerLink link) => _stream.SetResult(new LinkStream(link, kind));

    public void LinkDown(PeerLink link, string reason)
    {
        Stream.Result.End();
        Interlocked.Increment(ref _downs);
    }

    public void FrameArrived(in PeerFrame frame) => Stream.Result.Receive(frame);

    public void RoomAgain(PeerLink link, LinkClass linkClass) => Stream.Result.MoreRoom();
}
