using System.Net.Sockets;

namespace Warren.Cluster.Links;

/// <summary>A TCP connection between nodes, where <see cref="BlockingPeerStream"/> has no calls for it.</summary>
internal sealed class TcpPeerStream(Socket socket) : NetworkStream(socket, ownsSocket: true), IPeerStream
{
    public bool Blocks => false;

    public void Reset()
    {
        try
        {
            Socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // Its other side was quicker.
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        // Disposing of the stream would begin with an orderly end.
        Socket.Close(0);
        Dispose();
    }
}
