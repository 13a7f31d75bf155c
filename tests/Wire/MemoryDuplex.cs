namespace Warren.Wire;

/// <summary>Two streams, each the other's far end, without a socket between them.</summary>
public sealed class MemoryDuplex
{
    private readonly MemoryPipe _toServer;
    private readonly MemoryPipe _toClient;

    /// <param name="capacityBytes">What each direction holds before its writer must wait.</param>
    public MemoryDuplex(int capacityBytes = 64 * 1024)
    {
        _toServer = new MemoryPipe(capacityBytes);
        _toClient = new MemoryPipe(capacityBytes);
        Client = new MemoryStreamEnd(_toClient, _toServer);
        Server = new MemoryStreamEnd(_toServer, _toClient);
    }

    /// <summary>The client's end.</summary>
    public Stream Client { get; }

    /// <summary>The server's end.</summary>
    public Stream Server { get; }

    /// <summary>The server has something to write and cannot: the client does not read.</summary>
    public bool IsServerStuck => _toClient.IsFull;

    /// <summary>The client has something to write and cannot: the server does not read.</summary>
    public bool IsClientStuck => _toServer.IsFull;

    /// <summary>Bytes on their way to the server.</summary>
    public int WaitingForServerBytes => _toServer.Count;

    /// <summary>Bytes on their way to the client.</summary>
    public int WaitingForClientBytes => _toClient.Count;

    /// <summary>Cuts the cable: whatever is on its way is lost, both ends fail.</summary>
    public void Cut()
    {
        _toServer.Break();
        _toClient.Break();
    }
}
