using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>One end of a simulated connection.</summary>
internal sealed class SimulatedStream(SimulatedPipe incoming, SimulatedPipe outgoing) : AsyncOnlyStream
{
    /// <summary>Sees each write of this end before it goes out.</summary>
    public Action<ReadOnlyMemory<byte>>? Written { get; set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(incoming.ReadAsync(buffer));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Written?.Invoke(buffer);
        return new ValueTask(outgoing.WriteAsync(buffer));
    }

    protected override void Dispose(bool disposing)
    {
        outgoing.End();
        incoming.Break();
        base.Dispose(disposing);
    }
}
