using System.Net.Security;

namespace Warren.Cluster.Links;

/// <summary>TLS over a connection between nodes.</summary>
internal sealed class SecuredPeerStream(Stream inner) : SslStream(inner, leaveInnerStreamOpen: false), IPeerStream
{
    public bool Blocks => InnerStream is IPeerStream { Blocks: true };

    public void Reset()
    {
        (InnerStream as IPeerStream)?.Reset();
        Dispose();
    }
}
