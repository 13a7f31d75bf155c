using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads what the settings say of the members and leaders of replicated queues. They look after themselves here, so
/// that RabbitMQ's keys for that say less than there.
/// </summary>
internal static class MembershipSection
{
    private const string Reconciliation = "quorum_queue.continuous_membership_reconciliation.";

    private const string AbsentMembers = "warren.absent_members.replaced_after";

    /// <summary>All are looked at no more often, ms: a look at ten thousand queues takes some milliseconds.</summary>
    private const int LeastIntervalMs = 1000;

    /// <summary>Nodes that are only started again keep their members.</summary>
    private const long LeastAbsentMs = 60_000;

    /// <param name="options">Without them.</param>
    /// <param name="settings">The checked files.</param>
    /// <param name="notes">Takes what has no effect, and why.</param>
    public static BrokerOptions Read(
        BrokerOptions options, Settings settings, ICollection<ConfigurationNote> notes)
    {
        if (settings.Bool(Reconciliation + "auto_remove") == false)
        {
            Note(
                settings, notes, "auto_remove",
                "members on nodes that were taken out of the cluster always go, since a majority would count them");
        }
        Note(
            settings, notes, "trigger_interval",
            "members are looked at as soon as nodes come or go or policies change");
        return options with
        {
            BalancesLeaders = settings.Bool("warren.leader_balancing") ?? options.BalancesLeaders,
            AddsQuorumMembers = settings.Bool(Reconciliation + "enabled") ?? options.AddsQuorumMembers,
            QuorumTargetGroupSize =
                settings.Int(Reconciliation + "target_group_size") ?? options.QuorumTargetGroupSize,
            MembersLookIntervalMs = settings.Int(Reconciliation + "interval") is { } intervalMs
                ? Math.Max(intervalMs, LeastIntervalMs)
                : options.MembersLookIntervalMs,
            AbsentMembersReplacedAfterMs = AbsentMs(options, settings, notes),
            RelaxesQuorumRedeclaration =
                settings.Bool("quorum_queue.property_equivalence.relaxed_checks_on_redeclaration")
                ?? options.RelaxesQuorumRedeclaration,
        };
    }

    private static long? AbsentMs(BrokerOptions options, Settings settings, ICollection<ConfigurationNote> notes)
    {
        if (settings.Is(AbsentMembers, "off"))
            return null;
        if (settings.DurationMs(AbsentMembers) is not { } afterMs || afterMs >= LeastAbsentMs)
            return settings.DurationMs(AbsentMembers) ?? options.AbsentMembersReplacedAfterMs;
        notes.Add(new ConfigurationNote(
            LogLevel.Warning,
            $"{settings.Find(AbsentMembers)!.Place}: {AbsentMembers} is a minute: with less, each restart of a node "
            + "would have its members copied to others. A number without a unit is milliseconds"));
        return LeastAbsentMs;
    }

    private static void Note(Settings settings, ICollection<ConfigurationNote> notes, string key, string because)
    {
        if (settings.Find(Reconciliation + key) is { } entry)
            notes.Add(new ConfigurationNote(LogLevel.Warning, $"{entry.Place}: {entry.Key} has no effect: {because}"));
    }
}
