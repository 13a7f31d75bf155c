namespace Warren.Storage.Tests.Simulation;

/// <summary>What a group must look like.</summary>
internal sealed class ModelGroup
{
    public SortedDictionary<long, ModelEntry> Live { get; } = [];

    public long LastIndex { get; set; }

    public long LastTerm { get; set; }

    public byte[] State { get; set; } = [];

    public ModelGroup Clone()
    {
        var clone = new ModelGroup { LastIndex = LastIndex, LastTerm = LastTerm, State = State };
        foreach ((long index, ModelEntry entry) in Live)
            clone.Live.Add(index, entry);
        return clone;
    }
}
