using Warren.Broker.Channels;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>What a client makes of the acks and nacks must be what the queues said, publish by publish.</summary>
public sealed class ConfirmTrackerTests
{
    private readonly ConfirmTracker _tracker = new();
    private readonly List<ulong> _singles = [];
    private readonly List<string> _sent = [];

    [Fact]
    public void A_run_becomes_one_ack()
    {
        Accept(1, 2, 3);
        Flush();
        Accept(4);
        Flush();
        Assert.Equal(["ack 3 multiple", "ack 4"], _sent);
    }

    [Fact]
    public void What_is_settled_beyond_a_hole_is_told_alone()
    {
        Accept(3, 5, 1);
        Flush();
        Accept(2);
        Flush();
        Accept(4);
        Flush();
        Assert.Equal(["ack 1", "ack 3", "ack 5", "ack 3 multiple", "ack 5 multiple"], _sent);
    }

    [Fact]
    public void A_nack_ends_the_ack_before_it()
    {
        Accept(1, 2);
        Reject(3);
        Accept(4, 5);
        Flush();
        Assert.Equal(["ack 2 multiple", "nack 3", "ack 5 multiple"], _sent);
    }

    [Fact]
    public void Nothing_is_sent_twice_when_there_is_nothing_new()
    {
        Accept(1);
        Flush();
        Assert.False(_tracker.IsDirty);
        Flush();
        Assert.Equal(["ack 1"], _sent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_client_learns_each_verdict_and_no_other(int seed)
    {
        var random = new Random(seed);
        var client = new ClientView();
        var waiting = new List<ulong>();
        var verdicts = new Dictionary<ulong, bool>();
        ulong last = 0;
        for (int step = 0; step < 5000; step++)
        {
            if (random.Next(2) == 0)
            {
                client.Publish(++last);
                waiting.Add(last);
            }
            else if (waiting.Count > 0)
            {
                // Mostly the eldest first, as queues do; sometimes any.
                int index = random.Next(4) == 0 ? random.Next(waiting.Count) : 0;
                ulong sequence = waiting[index];
                waiting.RemoveAt(index);
                bool accepted = verdicts[sequence] = random.Next(8) > 0;
                if (accepted)
                    Accept(sequence);
                else
                    Reject(sequence);
            }
            if (random.Next(5) == 0)
            {
                Flush();
                client.Read(_sent);
                Assert.Equal(verdicts.OrderBy(pair => pair.Key), client.Verdicts.OrderBy(pair => pair.Key));
                Assert.False(_tracker.IsDirty);
            }
            else
            {
                client.Read(_sent);
            }
            Assert.Equal(0, client.Contradictions);
        }
    }

    // As the encoder does: what was accepted before a nack is told before it.
    private void Reject(ulong sequence)
    {
        if (_tracker.IsDirty)
            Flush();
        _tracker.Reject(sequence);
        _sent.Add($"nack {sequence}");
    }

    private void Accept(params ulong[] sequences)
    {
        foreach (ulong sequence in sequences)
            _tracker.Accept(sequence);
    }

    private void Flush()
    {
        int mostBytes = _tracker.MostFlushBytes;
        _tracker.Flush(out ulong upTo, out bool multiple, _singles);
        if (upTo > 0)
            _sent.Add($"ack {upTo}{(multiple ? " multiple" : "")}");
        _sent.AddRange(_singles.Select(sequence => $"ack {sequence}"));
        Assert.True(mostBytes >= 21 * (_singles.Count + (upTo > 0 ? 1 : 0)));
    }

    /// <summary>What client libraries do: a verdict takes away what it names, from what has none yet.</summary>
    private sealed class ClientView
    {
        private readonly SortedSet<ulong> _open = [];

        public Dictionary<ulong, bool> Verdicts { get; } = [];

        public int Contradictions { get; private set; }

        public void Publish(ulong sequence) => _open.Add(sequence);

        public void Read(List<string> sent)
        {
            foreach (string[] words in sent.Select(line => line.Split(' ')))
            {
                ulong sequence = ulong.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
                ulong[] named = words.Length == 3 ? [.. _open.TakeWhile(open => open <= sequence)] : [sequence];
                foreach (ulong each in named)
                {
                    if (!_open.Remove(each))
                        Contradictions++;
                    Verdicts[each] = words[0] == "ack";
                }
            }
            sent.Clear();
        }
    }
}
