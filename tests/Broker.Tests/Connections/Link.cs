using Warren.Wire;

namespace Warren.Broker.Tests.Connections;

/// <summary>One client of a <see cref="BrokerHost"/>: its end, the wire in between, and the server's task.</summary>
internal sealed record Link(MemoryDuplex Wire, WireClient Client, Task Served)
{
    /// <summary>Cuts the wire and waits until the server has cleaned up.</summary>
    public async Task CutAsync()
    {
        Wire.Cut();
        await Served.WaitAsync(Eventually.Patience);
    }
}
