using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>The files of the last resort, with a crash or a failure at each operation of the disk.</summary>
public sealed class ForcedBootCrashTests
{
    private static readonly NodeIdentity Own =
        new(new NodeId(Guid.NewGuid()), new ClusterId(Guid.NewGuid()), Generation: 1);

    private static readonly MembershipAnswer Plan = new()
    {
        Outcome = MembershipOutcome.Done,
        Cluster = Own.Cluster,
        Generation = 2,
        Members = [new(new NodeId(Guid.NewGuid()), Name("b@host"), new Warren.Cluster.Links.PeerAddress("host", 1))],
    };

    [Fact]
    public void The_plan_is_there_whole_or_not_at_all() => CrashEverywhere(
        _ => { },
        disk => ForcedBootFile.Write(disk, Plan),
        (disk, isDone) => Assert.True(
            ForcedBootFile.Read(disk) is { } plan ? IsPlan(plan) : !isDone));

    [Fact]
    public void The_plan_is_gone_for_good_once_it_was_removed() => CrashEverywhere(
        disk => ForcedBootFile.Write(disk, Plan),
        ForcedBootFile.Remove,
        (disk, isDone) => Assert.True(ForcedBootFile.Read(disk) is { } plan ? !isDone && IsPlan(plan) : true));

    [Fact]
    public void The_word_of_a_later_generation_is_there_whole_or_not_at_all() => CrashEverywhere(
        _ => { },
        disk => OverruledFile.Write(disk, Plan),
        (disk, isDone) => Assert.True(
            OverruledFile.Read(disk) is { } later ? IsPlan(later) : !isDone));

    [Fact]
    public void A_generation_has_begun_or_has_not_and_its_plan_stays() => CrashEverywhere(
        disk =>
        {
            IdentityFile.Write(disk, Own);
            MembersFile.Write(disk, Own.Cluster, Plan.Members);
            ForcedBootFile.Write(disk, Plan);
        },
        disk => new ForcedGeneration(Plan, "a@host", TimeProvider.System).Begin(disk),
        (disk, isDone) =>
        {
            NodeIdentity found = IdentityFile.Read(disk)!;
            Assert.True(found == Own with { Generation = 2 } || (!isDone && found == Own));
            Assert.True(IsPlan(ForcedBootFile.Read(disk)!));
            // Whom a start that is made again has to look for.
            Assert.Equal(Plan.Members.AsEnumerable(), MembersFile.Read(disk, found));
        });

    /// <summary>Before the generation begins: afterwards nobody could say what was given up.</summary>
    [Fact]
    public void An_incident_is_durable_when_it_is_written_and_replaced_when_it_is_again()
    {
        string path = "";
        CrashEverywhere(
            disk => path = IncidentFile.Write(disk, Plan, "what was said before"),
            disk => IncidentFile.Write(disk, Plan, "what is said now"),
            (disk, isDone) => Assert.True(
                Text(disk, path) is "what is said now" || (!isDone && Text(disk, path) is "what was said before")));
        CrashEverywhere(
            _ => { },
            disk => IncidentFile.Write(disk, Plan, "what is said now"),
            (disk, isDone) =>
            {
                // What is left unfinished has another name.
                bool isThere = disk.List("incidents").Contains(path["incidents/".Length..]);
                Assert.True(isThere ? Text(disk, path) == "what is said now" : !isDone);
            });
    }

    private static bool IsPlan(MembershipAnswer read) =>
        read.Generation == 2 && read.Cluster == Own.Cluster && read.Members.SequenceEqual(Plan.Members);

    private static string Text(FaultyDisk disk, string path)
    {
        using IDiskFile file = disk.Open(path);
        byte[] bytes = new byte[100];
        return System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, file.Read(0, bytes)));
    }

    private static NodeName Name(string text)
    {
        Assert.True(NodeName.TryParse(text, out NodeName name));
        return name;
    }

    // The check gets what a crash has left, and whether the act had returned by then.
    private static void CrashEverywhere(
        Action<IDisk> prepare, Action<IDisk> act, Action<FaultyDisk, bool> check)
    {
        for (int seed = 0; seed < 100; seed++)
        {
            for (long number = 1; ; number++)
            {
                var disk = new FaultyDisk { NamesSurviveApart = seed % 2 == 0 };
                prepare(disk);
                disk.SyncDirectory("");
                var random = new Random(seed);
                FaultyDisk? crashed = null;
                long at = disk.OperationCount + number;
                disk.BeforeOperation = operation =>
                {
                    if (operation.Number == at)
                        crashed = disk.PeekCrash(random);
                };
                act(disk);
                if (crashed is null)
                {
                    check(disk.Crash(random), true);
                    break;
                }
                check(crashed, false);
            }
        }
    }
}
