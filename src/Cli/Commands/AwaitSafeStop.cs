using System.Globalization;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Waits until no queue would be out of reach without this node. In a cluster of one the question does not arise.
/// </summary>
/// <param name="name">As it is typed.</param>
/// <param name="summary">What it does.</param>
/// <param name="question">What the node is asked again and again: the check that must pass.</param>
/// <param name="awaited">What is waited for, in the banner.</param>
/// <param name="failure">What is said when it has not come.</param>
internal sealed class AwaitSafeStop(string name, string summary, string question, string awaited, string failure)
    : Command(name, "", Section.Upgrade, summary)
{
    /// <summary>As RabbitMQ's.</summary>
    private const int DefaultPatienceMs = 120_000;

    private const int LookEveryMs = 200;

    // The node answers each question at once: it is the command that waits.
    public override int? DefaultTimeoutMs => DefaultPatienceMs;

    public override string[] Guides => ["quorum-queues", "upgrade"];

    public static AwaitSafeStop OfMirrors() => new(
        "await_online_synchronized_mirror",
        "Waits for all classic mirrored queues hosted on the target node to have at least one synchronized mirror "
        + "online. This makes sure that if target node is shut down, there will be an up-to-date mirror to promote.",
        "check_if_node_is_mirror_sync_critical",
        "a synchronised mirror be online for all classic mirrored queues",
        "time is up, no synchronised mirror came online for at least some classic mirrored queues");

    public static AwaitSafeStop OfQuorum() => new(
        "await_online_quorum_plus_one",
        "Waits for all quorum queues to have an above minimum online quorum. This makes sure that no queues would lose "
        + "their quorum if the target node is shut down",
        "check_if_node_is_quorum_critical",
        "a quorum + 1 of nodes to be online for all quorum queues",
        "time is up, no quorum + 1 online replicas came online for at least some quorum queues");

    public override string? Banner(Invocation call) => string.Create(
        CultureInfo.InvariantCulture,
        $"Will wait for {awaited} for {(call.TimeoutMs ?? DefaultPatienceMs) / 1000} seconds...");

    public override ExitCode Run(Invocation call)
    {
        if (call.Node.Ask("cluster_status").GetProperty("disk_nodes").GetArrayLength() == 1)
        {
            call.Say("Target node seems to be the only one in a single node cluster, the command does not apply");
            return ExitCode.Ok;
        }
        // Looks are counted, as RabbitMQ counts them.
        for (int waitedMs = 0; call.Node.Ask(question).GetProperty("queues").GetArrayLength() > 0;
            waitedMs += LookEveryMs)
        {
            if (waitedMs + LookEveryMs > (call.TimeoutMs ?? DefaultPatienceMs))
                throw CommandException.Because(ExitCode.Unavailable, failure);
            Pause.ForMs(LookEveryMs);
        }
        return ExitCode.Ok;
    }
}
