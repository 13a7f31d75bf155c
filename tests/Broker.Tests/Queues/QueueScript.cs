using System.Globalization;
using System.Text;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// Plays a script to a machine and writes it down again with what came of each command, in lines that begin with
/// "&gt;". A script passes when that gives back its own text. It also plays the shell: every slab reference the
/// machine gives back is released, and at the end none may be left.
/// </summary>
internal sealed class QueueScript
{
    private readonly EffectList _effects = new();
    private readonly Dictionary<Slab, string> _names = [];
    private readonly Dictionary<string, (int Slot, long Position)> _deliveries = [];
    private readonly Dictionary<string, Consumer> _consumers = [];
    private readonly Dictionary<string, SharedPrefetch> _shared = [];
    private readonly StringBuilder _written = new();
    private QueueMachine? _live;
    private ulong _sequence;
    private long _nowMs;

    private QueueMachine Machine =>
        _live ?? throw new InvalidOperationException("A script begins with a queue line.");

    /// <summary>The script's text as it ought to be.</summary>
    public static string Play(string text)
    {
        var script = new QueueScript();
        foreach (string line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('>'))
                continue;
            script._written.Append(line).Append('\n');
            if (line.Length > 0 && line[0] != '#')
                script.Run(new ScriptLine(line));
        }
        script.AssertAllGivenBack();
        return script._written.ToString();
    }

    private void Run(ScriptLine line)
    {
        switch (line.Verb)
        {
            case "queue":
                EndMachine();
                _live = new QueueMachine(ScriptSettings.Of(line), _effects, _nowMs);
                break;
            case "policy":
                Machine.Configure(ScriptSettings.Of(line), _nowMs);
                break;
            case "publish":
                Publish(line);
                break;
            case "consume":
                Consume(line);
                break;
            case "ack" or "reject" or "requeue" or "return":
                Settle(line);
                break;
            case "wait":
                Wait(long.Parse(line.Words[0], CultureInfo.InvariantCulture));
                break;
            case "jump":
                _nowMs += long.Parse(line.Words[0], CultureInfo.InvariantCulture);
                break;
            case "show":
                Show();
                break;
            case "shared":
                Share(line);
                break;
            default:
                RunOther(line);
                break;
        }
        WriteEffects("");
    }

    private void RunOther(ScriptLine line)
    {
        switch (line.Verb)
        {
            case "cancel":
                Machine.CancelConsumer(
                    _consumers[line.Words[0]], line.Flag("silently") ? null : line.Text, _nowMs);
                break;
            case "written":
                Machine.Written(
                    _consumers[line.Words[0]], (int)line.Number("messages")!, line.Number("bytes")!.Value, _nowMs);
                break;
            case "resume":
                Machine.Resume(_consumers[line.Words[0]], _nowMs);
                break;
            case "get":
                Machine.Get("get", line.Flag("no-ack"), _nowMs);
                break;
            case "purge":
                Machine.Purge("purge", _nowMs);
                break;
            case "status":
                Machine.Status("status", line.Flag("touches"), _nowMs);
                break;
            case "delete":
                Machine.Close("delete", line.Flag("if-unused"), line.Flag("if-empty"), CloseReason.Deleted, _nowMs);
                break;
            case "tick":
                Machine.Tick(_nowMs);
                break;
            case "begin":
                Machine.BeginGroup();
                break;
            case "end":
                Machine.EndGroup(_nowMs);
                break;
            default:
                throw new InvalidOperationException($"Scripts do not know '{line.Verb}'.");
        }
    }

    private void Publish(ScriptLine line)
    {
        bool confirm = line.Flag("confirm");
        foreach (string name in line.Words)
        {
            int sizeBytes = (int)(line.Number("size") ?? 10);
            var slab = new Slab(new byte[sizeBytes + 2], null);
            _names.Add(slab, name);
            var message = new Message(slab, 0, 2, 0, sizeBytes);
            PublishTicket ticket = confirm ? new PublishTicket("publish", ++_sequence) : default;
            Machine.Publish(
                in message,
                line.Number("ttl") ?? -1,
                (byte)(line.Number("priority") ?? 0),
                PublishFlags.None,
                in ticket,
                _nowMs);
        }
    }

    private void Consume(ScriptLine line)
    {
        bool silently = line.Flag("silently");
        var consumer = new Consumer
        {
            NoAck = line.Flag("no-ack"),
            Exclusive = line.Flag("exclusive"),
            Tag = line.Words[0],
            Channel = null!,
            Priority = (int)(line.Number("priority") ?? 0),
            PrefetchCount = (int)(line.Number("prefetch") ?? 0),
            TimeoutMs = line.Number("timeout"),
            Shared = line.Option("shared") is { } shared ? _shared[shared] : null,
        };
        _consumers[consumer.Tag] = consumer;
        Machine.AddConsumer(consumer, silently ? null : $"consume {consumer.Tag}", _nowMs);
    }

    private void Settle(ScriptLine line)
    {
        bool counts = !line.Flag("uncounted");
        foreach (string name in line.Words)
        {
            (int slot, long position) = _deliveries[name];
            if (line.Verb == "ack")
                Machine.Settle(slot, position, _nowMs);
            else if (line.Verb == "return")
                Machine.Return(slot, position, counts, _nowMs);
            else
                Machine.Reject(slot, position, line.Verb == "requeue", _nowMs);
        }
    }

    /// <summary>Lets time pass and calls the machine whenever it is due.</summary>
    private void Wait(long afterMs)
    {
        long untilMs = _nowMs + afterMs;
        for (int ticks = 0; Machine.NextDueMs <= untilMs; ticks++)
        {
            Assert.True(ticks < 100, $"Due at {Machine.NextDueMs}, for ever.");
            _nowMs = Math.Max(_nowMs, Machine.NextDueMs);
            Machine.Tick(_nowMs);
            WriteEffects($"at {_nowMs} ");
        }
        _nowMs = untilMs;
    }

    private void Show()
    {
        QueueMachine machine = Machine;
        string due = machine.NextDueMs == long.MaxValue ? "never" : $"at {machine.NextDueMs}";
        string[] facts =
        [
            $"ready {machine.ReadyCount} ({machine.ReadyBytes} bytes)",
            $"unacked {machine.UnackedCount} ({machine.UnackedBytes} bytes)",
            $"consumers {machine.ConsumerCount}",
            $"holder {machine.Holder?.Tag ?? "none"}",
            $"due {due}",
        ];
        _written.Append("> ").AppendJoin(", ", facts).Append('\n');
    }

    private void Share(ScriptLine line)
    {
        if (!_shared.TryGetValue(line.Words[0], out SharedPrefetch? shared))
            _shared.Add(line.Words[0], shared = new SharedPrefetch());
        if (line.Number("limit") is { } limit)
            shared.SetLimit((int)limit, newlyHeld: 0);
        if (line.Number("give") is { } count)
            shared.Give((int)count);
    }

    private void WriteEffects(string prefix)
    {
        foreach (ref readonly QueueEffect effect in _effects.Span)
        {
            _written.Append("> ").Append(prefix).Append(EffectText.Of(in effect, slab => _names[slab])).Append('\n');
            Obey(in effect);
        }
        _effects.Clear();
    }

    private void Obey(in QueueEffect effect)
    {
        switch (effect.Kind)
        {
            case QueueEffectKind.Deliver or QueueEffectKind.GetOk when effect.Slot >= 0:
                _deliveries[_names[effect.Message.Slab]] = (effect.Slot, effect.Position);
                break;
            case QueueEffectKind.Deliver or QueueEffectKind.GetOk or QueueEffectKind.DeadLetter:
                effect.Message.Slab.Release(1);
                break;
            case QueueEffectKind.Release:
                effect.Slab.Release(effect.References);
                break;
        }
    }

    /// <summary>The script is over, or begins with another queue: what is left is given back unseen.</summary>
    private void EndMachine()
    {
        _live?.Close(null, ifUnused: false, ifEmpty: false, CloseReason.Shutdown, _nowMs);
        foreach (ref readonly QueueEffect effect in _effects.Span)
            Obey(in effect);
        _effects.Clear();
    }

    private void AssertAllGivenBack()
    {
        EndMachine();
        foreach ((Slab slab, string name) in _names)
            Assert.True(slab.References == 0, $"{name} still has {slab.References} references.");
    }
}
