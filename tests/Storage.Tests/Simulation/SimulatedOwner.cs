namespace Warren.Storage.Tests.Simulation;

/// <summary>The owner of one group: knows what is durable, and takes note of copies when it pleases.</summary>
internal sealed class SimulatedOwner(Action<Lsn> reported) : IGroupOwner
{
    public Lsn DurableLsn { get; private set; }

    /// <summary>Copies that it has been told of and has not taken note of yet.</summary>
    public Queue<MovedEntries> Moves { get; } = [];

    public void Durable(Lsn lsn)
    {
        if (lsn <= DurableLsn)
            throw new SimulationException($"LSN {lsn} was reported after {DurableLsn}.");
        DurableLsn = lsn;
        reported(lsn);
    }

    public void Moved(MovedEntries moves) => Moves.Enqueue(moves);

    public void TakeNote(ModelGroup? group)
    {
        MovedEntries moves = Moves.Dequeue();
        foreach (MovedEntry moved in moves.Entries)
        {
            if (group is not null && group.Live.TryGetValue(moved.Index.Value, out ModelEntry? entry)
                && entry.Position == moved.From)
                entry.Position = moved.To;
        }
        moves.Complete();
    }
}
