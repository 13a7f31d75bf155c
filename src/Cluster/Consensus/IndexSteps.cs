using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>Neighbours of indexes and terms.</summary>
internal static class IndexSteps
{
    public static LogIndex Next(this LogIndex index) => new(index.Value + 1);

    public static LogIndex Previous(this LogIndex index) => new(index.Value - 1);

    public static Term Next(this Term term) => new(term.Value + 1);

    public static LogIndex Lower(LogIndex one, LogIndex other) => one < other ? one : other;

    public static LogIndex Higher(LogIndex one, LogIndex other) => one > other ? one : other;
}
