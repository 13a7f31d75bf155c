using System.Globalization;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Topology;
using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>
/// Random changes, checkpoints, reclaim and power cuts: what a start finds is what there was after one of the changes,
/// none earlier than the last that was reported durable.
/// </summary>
public sealed class RandomDefinitionsTests
{
    private static readonly NodeLogOptions TinyLog = new() { SegmentBytes = 8 * 1024, ReserveBytes = 0 };

    /// <summary>More seeds by WARREN_FUZZ_SEEDS; a failing seed is named in the message and stays failing.</summary>
    [Fact]
    public void A_start_finds_what_there_was_after_one_of_the_changes()
    {
        string? wanted = Environment.GetEnvironmentVariable("WARREN_FUZZ_SEEDS");
        int seeds = wanted is null ? 40 : int.Parse(wanted, CultureInfo.InvariantCulture);
        for (int seed = 0; seed < seeds; seed++)
        {
            try
            {
                Run(new Random(seed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
            }
        }
    }

    private static void Run(Random random)
    {
        var disk = new FaultyDisk();
        // What may be found, the oldest first.
        List<string> states = [""];
        for (int life = 0; life < 6; life++)
        {
            using var node = new DefinitionsNode(disk, log: TinyLog);
            Assert.Empty(node.Lines);
            // An empty directory, or one in which the first entries are not whole, is bootstrapped.
            if (states[0].Length > 0 && !states.Contains(node.Text))
                Assert.Fail($"Of what there was, the next differs by:\n{ClosestDifference(states, node.Text)}");
            states = [node.Text];
            if (life == 0 && random.Next(2) == 0)
                states.Insert(0, "");
            else
                Durable(node, states);
            Live(node, random, states);
            disk = disk.Crash(random);
        }
    }

    private static void Live(DefinitionsNode node, Random random, List<string> states)
    {
        var background = new StorageBackground(node.Log, node.LogOptions, node);
        for (int step = random.Next(60); step > 0; step--)
        {
            switch (random.Next(12))
            {
                case 0:
                    Durable(node, states);
                    break;
                case 1:
                    background.MakeCheckpoint();
                    break;
                case 2:
                    background.RunOnce();
                    break;
                default:
                    Change(node, random, states);
                    break;
            }
        }
    }

    private static string ClosestDifference(List<string> states, string found) => states
        .Select(state => state.Split('\n').Except(found.Split('\n')).Select(line => $"- {line}")
            .Concat(found.Split('\n').Except(state.Split('\n')).Select(line => $"+ {line}")).ToArray())
        .MinBy(lines => lines.Length) is { } closest
            ? string.Join('\n', closest)
            : "";

    private static void Durable(DefinitionsNode node, List<string> states)
    {
        node.Commit();
        states.RemoveRange(0, states.Count - 1);
    }

    private static void Change(DefinitionsNode node, Random random, List<string> states)
    {
        DefinitionsEntry entry = Draw(random);
        if (random.Next(4) == 0)
            entry = new RemovalEntry(entry.Key) { WithQueues = random.Next(2) == 0 };
        else if (entry.Missing(node.Store.NewDraft()) is not null)
            return;
        node.Do(entry);
        states.Add(node.Text);
    }

    // Few names, so that they meet; several versions of what can be made anew.
    private static DefinitionsEntry Draw(Random random)
    {
        string vhost = random.Next(4) == 0 ? "w" : "v";
        string user = random.Next(2) == 0 ? "u" : "guest";
        string exchange = $"x{random.Next(3)}";
        string queue = $"q{random.Next(4)}";
        return random.Next(20) switch
        {
            0 => Samples.Vhost(vhost) with { DefaultQueueType = random.Next(2) == 0 ? null : "classic" },
            1 => Samples.User(user, $"p{random.Next(3)}"),
            2 => Samples.Permission(user, vhost, $"^{random.Next(3)}"),
            3 => Samples.TopicPermission(user, vhost, exchange),
            < 6 => Samples.Exchange(exchange, vhost, random.Next(5) > 0, random.Next(3) == 0, ExchangeTypes.Topic),
            < 9 => Samples.Queue(queue, vhost, random.Next(5) > 0, random.Next(5) == 0 ? 1 : 0),
            12 or 13 => Samples.Policy(
                $"p{random.Next(2)}", vhost, random.Next(2) == 0 ? "1$" : ".*", random.Next(2) == 0, random.Next(3)),
            14 => Samples.Parameter($"n{random.Next(2)}", vhost, random.Next(2)),
            15 => Samples.GlobalParameter($"g{random.Next(2)}", $"{random.Next(2)}"),
            16 or 17 => Samples.Member(1 + random.Next(4)),
            18 => Samples.ReplicatedQueue(queue, vhost, 1 + random.Next(2), 3 + random.Next(2)),
            19 => Samples.ReplicatedQueue(queue, vhost, 1 + random.Next(4)),
            9 => Samples.Binding(exchange, $"x{random.Next(3)}", "k", vhost, DestinationKind.Exchange),
            _ => Samples.Binding(exchange, queue, $"k{random.Next(2)}", vhost),
        };
    }
}
