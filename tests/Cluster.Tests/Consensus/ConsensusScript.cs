using System.Globalization;
using System.Text;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>
/// Plays a script: each command is followed by what it did, in lines that begin with <c>&gt;</c>. Lines that begin with
/// <c>#</c> tell the story. Commands:
/// <code>
/// options election=10 append=100 inflight=200 payload=50 chunk=8 lagging=150
///                        appends from the disk may have other bytes; said after append, which is for both
/// nodes 1 2 3            founds a group of these, and starts them
/// blank 4                starts a node that waits for a leader
/// campaign 1             tick 1 10              propose 1 a b
/// forget 2 3             ticks until a leader's last word is too old to refuse votes for its sake
/// ready 1                takes what is to be done: writes are under way, messages that may go are on the way
/// sync 1                 what is under way is durable
/// beat 1                 heartbeats to all      deliver 1 2 (or 1)    drop 1 2 (or 1)
/// run [1 2]              all of these until nothing is left           quietly [1 2]    the same, untold
/// change 1 learner|promote|remove 4            transfer 1 2           barrier 1 7
/// compact 1 5            damage-chunk 1 2       crash 1    damage 1    start 1
/// gone 2 1 [0 [lost]]    the link of 2 with 1 has ended, in this turn: 1 is gone, or may be back in a moment
/// bar 1|unbar 1          it is not to lead, or may again
/// until 2 campaigns 9    ticks, at most so many; says whether there were enough
/// status [1]
/// </code>
/// </summary>
internal sealed class ConsensusScript
{
    private readonly ScriptedCluster _cluster = new();
    private readonly List<byte> _numbers = [];

    public static string Play(string script)
    {
        var player = new ConsensusScript();
        var played = new StringBuilder();
        foreach (string line in script.Split('\n'))
        {
            if (line.StartsWith('>'))
                continue;
            played.Append(line).Append('\n');
            if (line.Length == 0 || line.StartsWith('#'))
                continue;
            player.Do(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            foreach (string told in player._cluster.TakeTrace())
                played.Append(told).Append('\n');
        }
        played.Length--;
        return played.ToString();
    }

    private void Do(string[] words)
    {
        byte first = words.Length > 1 && byte.TryParse(words[1], CultureInfo.InvariantCulture, out byte number)
            ? number : (byte)0;
        switch (words[0])
        {
            case "options":
                SetOptions(words[1..]);
                break;
            case "nodes":
                Found(words[1..]);
                break;
            case "blank":
                _numbers.Add(first);
                _cluster.Add(first, Membership.Empty);
                break;
            case "ready":
                _cluster.TakeReadys([first]);
                break;
            case "sync":
                _cluster[first].Sync();
                _cluster.TakeReadys([first]);
                break;
            case "deliver":
                _cluster.Deliver(first, words.Length > 2 ? Number(words[2]) : null);
                break;
            case "drop":
                _cluster.Drop(first, words.Length > 2 ? Number(words[2]) : null);
                break;
            case "run" or "quietly":
                _cluster.Run(words.Length > 1 ? [.. words[1..].Select(Number)] : [.. _numbers], words[0] == "quietly");
                break;
            case "forget":
                foreach (byte one in words[1..].Select(Number))
                {
                    for (int tick = 0; tick < _cluster.Options.ElectionTicks; tick++)
                        _cluster[one].Running.Tick();
                }
                break;
            case "damage-chunk":
                _cluster.DamageChunk(first, Number(words[2]));
                break;
            case "crash":
                _cluster[first].Crash();
                break;
            case "damage":
                _cluster[first].Damage();
                break;
            case "start":
                _cluster[first].Start();
                break;
            case "beat":
                _cluster.Beat(first);
                break;
            case "status":
                foreach (byte one in words.Length > 1 ? [first] : _numbers)
                    _cluster.Tell(_cluster[one].Node is { } running ? TraceText.Of(running) : $"{one} is down");
                break;
            default:
                Ask(_cluster[first].Running, words);
                break;
        }
    }

    /// <summary>Commands for one node.</summary>
    private void Ask(RaftNode node, string[] words)
    {
        switch (words[0])
        {
            case "campaign":
                node.Campaign();
                break;
            case "tick":
                for (int tick = Number(words[2]); tick > 0; tick--)
                    node.Tick();
                break;
            case "gone":
                bool isCertain = words.Length < 5;
                int turn = words.Length > 3 ? Number(words[3]) : 0;
                node.PeerGone(new LostPeer(ScriptedCluster.Id(Number(words[2])), isCertain, turn, DelayTicks: 0));
                break;
            case "bar" or "unbar":
                node.IsBarred = words[0] == "bar";
                break;
            case "until":
                bool asks = false;
                for (int tick = Number(words[3]); tick > 0 && !asks; tick--)
                {
                    node.Tick();
                    asks = node.Role == RaftRole.PreCandidate;
                }
                _cluster.Tell(asks ? "campaigns" : "waits");
                break;
            case "propose":
                EntryPayload[] payloads = [.. words[2..].Select(
                    word => new EntryPayload(new byte[] { 1 }, Encoding.UTF8.GetBytes(word)))];
                if (!node.TryPropose(payloads, out _))
                    _cluster.Tell("refused");
                break;
            case "change":
                MembershipChangeKind kind = words[2] switch
                {
                    "learner" => MembershipChangeKind.AddLearner,
                    "promote" => MembershipChangeKind.Promote,
                    "remove" => MembershipChangeKind.Remove,
                    _ => throw new InvalidOperationException($"no change is called {words[2]}"),
                };
                var change = new MembershipChange(kind, ScriptedCluster.Id(Number(words[3])));
                _cluster.Tell($"{node.ChangeMembers(change)}");
                break;
            case "transfer":
                if (!node.TransferLeadership(ScriptedCluster.Id(Number(words[2]))))
                    _cluster.Tell("refused");
                break;
            case "barrier":
                node.RequestBarrier(Number(words[2]));
                break;
            case "compact":
                node.Compact(new LogIndex(Number(words[2])));
                break;
            default:
                throw new InvalidOperationException($"no command is called {words[0]}");
        }
    }

    private void Found(string[] words)
    {
        byte[] numbers = [.. words.Select(Number)];
        var members = new Membership(numbers.Select(number => new Member(ScriptedCluster.Id(number), IsVoter: true)));
        _numbers.AddRange(numbers);
        foreach (byte number in numbers)
            _cluster.Add(number, members);
    }

    private void SetOptions(string[] words)
    {
        foreach (string word in words)
        {
            string[] parts = word.Split('=');
            int value = int.Parse(parts[1], CultureInfo.InvariantCulture);
            _cluster.Options = parts[0] switch
            {
                "election" => _cluster.Options with { ElectionTicks = value },
                "append" => _cluster.Options with { AppendBytes = value, LaggingAppendBytes = value },
                "lagging" => _cluster.Options with { LaggingAppendBytes = value },
                "inflight" => _cluster.Options with { InflightBytes = value },
                "uncommitted" => _cluster.Options with { UncommittedBytes = value },
                "payload" => _cluster.Options with { PayloadBytes = value },
                "chunk" => _cluster.Options,
                _ => throw new InvalidOperationException($"no option is called {parts[0]}"),
            };
            if (parts[0] == "chunk")
                _cluster.ChunkBytes = value;
        }
    }

    private static byte Number(string word) => byte.Parse(word, CultureInfo.InvariantCulture);
}
