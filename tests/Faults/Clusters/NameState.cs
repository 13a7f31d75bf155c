namespace Warren.Faults.Clusters;

/// <summary>What is known of something that has a name.</summary>
/// <param name="IsThere">Null: a change was asked for and has not been answered with ok.</param>
/// <param name="Version">Another one after every change.</param>
internal sealed record NameState(bool? IsThere, int Version);
