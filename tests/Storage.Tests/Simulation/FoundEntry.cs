namespace Warren.Storage.Tests.Simulation;

/// <summary>An entry as a start on a damaged disk brought it, with its body if that could be read.</summary>
internal sealed record FoundEntry(long Group, long Index, long Term, byte[] Meta, long SharedBody, byte[]? Body)
{
    public bool IsReadable => Body is not null;

    public bool Is(FoundEntry other) =>
        Group == other.Group && Index == other.Index && Term == other.Term && Meta.AsSpan().SequenceEqual(other.Meta)
        && SharedBody == other.SharedBody
        && (other.Body is null || (Body is not null && Body.AsSpan().SequenceEqual(other.Body)));
}
