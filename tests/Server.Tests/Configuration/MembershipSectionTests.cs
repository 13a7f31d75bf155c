using Warren.Broker;
using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class MembershipSectionTests
{
    private static readonly BrokerOptions Defaults = new();

    [Fact]
    public void Without_a_key_members_and_leaders_look_after_themselves()
    {
        (BrokerOptions options, ConfigurationNote[] notes) = Read("");
        Assert.Equal(Defaults, options);
        Assert.True(options is { BalancesLeaders: true, AddsQuorumMembers: true });
        Assert.Equal(24 * 3_600_000L, options.AbsentMembersReplacedAfterMs);
        Assert.Empty(notes);
    }

    [Fact]
    public void What_is_set_is_read()
    {
        (BrokerOptions options, ConfigurationNote[] notes) = Read(
            """
            warren.leader_balancing = false
            warren.absent_members.replaced_after = 3d
            quorum_queue.continuous_membership_reconciliation.enabled = false
            quorum_queue.continuous_membership_reconciliation.auto_remove = true
            quorum_queue.continuous_membership_reconciliation.interval = 60000
            quorum_queue.continuous_membership_reconciliation.target_group_size = 5
            quorum_queue.property_equivalence.relaxed_checks_on_redeclaration = true
            """);
        BrokerOptions expected = Defaults with
        {
            BalancesLeaders = false,
            AbsentMembersReplacedAfterMs = 3 * 86_400_000L,
            AddsQuorumMembers = false,
            MembersLookIntervalMs = 60_000,
            QuorumTargetGroupSize = 5,
            RelaxesQuorumRedeclaration = true,
        };
        Assert.Equal(expected, options);
        Assert.Empty(notes);
    }

    [Fact]
    public void Off_keeps_members_wherever_they_are_and_no_interval_is_too_short()
    {
        (BrokerOptions options, _) = Read(
            """
            warren.absent_members.replaced_after = off
            quorum_queue.continuous_membership_reconciliation.interval = 0
            """);
        Assert.Null(options.AbsentMembersReplacedAfterMs);
        Assert.Equal(1000, options.MembersLookIntervalMs);
    }

    [Theory]
    [InlineData("24")]
    [InlineData("0")]
    [InlineData("59s")]
    public void Members_of_a_node_that_is_only_started_again_stay(string value)
    {
        (BrokerOptions options, ConfigurationNote[] notes) = Read($"warren.absent_members.replaced_after = {value}");
        Assert.Equal(60_000, options.AbsentMembersReplacedAfterMs);
        Assert.Contains("is a minute", Assert.Single(notes).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto_remove = false", "members on nodes that were taken out of the cluster always go")]
    [InlineData("trigger_interval = 10000", "members are looked at as soon as nodes come or go")]
    public void What_has_no_effect_is_told_with_the_reason(string key, string because)
    {
        (BrokerOptions options, ConfigurationNote[] notes) =
            Read($"quorum_queue.continuous_membership_reconciliation.{key}");
        Assert.Equal(Defaults, options);
        ConfigurationNote note = Assert.Single(notes);
        Assert.Equal(LogLevel.Warning, note.Level);
        Assert.Contains(because, note.Message, StringComparison.Ordinal);
    }

    private static (BrokerOptions Options, ConfigurationNote[] Notes) Read(string text)
    {
        var notes = new List<ConfigurationNote>();
        var settings = Settings.From(
            ConfigurationParser.Parse("rabbitmq.conf", text, static _ => null), KeyTable.BuiltIn);
        return (MembershipSection.Read(Defaults, settings, notes), [.. notes]);
    }
}
