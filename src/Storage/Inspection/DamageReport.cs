namespace Warren.Storage.Inspection;

/// <summary>Damage, and what it costs.</summary>
/// <param name="Description">Which file, and where in it.</param>
/// <param name="Affected">Live entries that cannot be read because of it, by group.</param>
public sealed record DamageReport(string Description, IReadOnlyDictionary<GroupId, long> Affected);
