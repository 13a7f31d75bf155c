namespace Warren.Cluster.Joining;

/// <summary>The numbers are on the wire.</summary>
public enum FoundingMessageKind : byte
{
    /// <summary>Comes first on every link, and again when the sender's promise changes.</summary>
    Hello = 1,

    /// <summary>The sender wants to found this cluster.</summary>
    Propose = 2,

    /// <summary>The sender founds no other, and helps nobody else to.</summary>
    Promise = 3,

    /// <summary>The sender will not found it after all.</summary>
    Release = 4,
}
