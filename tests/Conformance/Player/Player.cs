using System.Globalization;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>
/// Plays one scenario against a broker and writes down, after each step, everything that each connection received.
/// A step returns once everything it could cause has arrived: by the reply of a synchronous method, then by barriers
/// on every channel and by asking every queue the scenario has declared, so that no pause is needed.
/// </summary>
public sealed class Player : IDisposable
{
    private readonly Scenario _scenario;
    private readonly Endpoint _endpoint;
    private readonly Normaliser _normaliser;
    private readonly SortedDictionary<string, Conversation> _conversations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _variables = [];
    private readonly QueueObserver _observer;
    private readonly List<string> _lines = [];
    private List<Incoming> _lastHeard = [];

    private Player(Scenario scenario, Endpoint endpoint)
    {
        _scenario = scenario;
        _endpoint = endpoint;
        _normaliser = new Normaliser(scenario.VirtualHost);
        _observer = new QueueObserver(endpoint, scenario.VirtualHost);
    }

    /// <summary>Plays a scenario; the transcript of each case in order.</summary>
    public static IReadOnlyList<CaseTranscript> Play(Scenario scenario, Endpoint endpoint)
    {
        using Player player = new(scenario, endpoint);
        return [.. scenario.Cases.Select(player.PlayCase)];
    }

    public void Dispose()
    {
        _observer.Dispose();
        foreach (Conversation conversation in _conversations.Values)
            conversation.Dispose();
    }

    private CaseTranscript PlayCase(ScenarioCase one)
    {
        _lines.Clear();
        _observer.Enabled = true;
        foreach (string step in one.Steps)
        {
            try
            {
                PlayStep(step);
            }
            catch (Exception failure) when (
                failure is FormatException or KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidOperationException($"{_scenario.Name}: {one.Id}: {step}: {failure.Message}", failure);
            }
        }

        foreach (string name in _conversations.Keys.Where(name => !_scenario.Kept.Contains(name)).ToList())
        {
            _conversations[name].Dispose();
            _conversations.Remove(name);
        }

        return new CaseTranscript(one.Id, one.Title, null, [.. _lines]);
    }

    private void PlayStep(string step)
    {
        foreach ((string name, string value) in _variables)
            step = ScenarioParser.Substitute(step, name, value);
        List<string> words = Literal.Words(step);
        bool quietly = words[0] == "quietly";
        bool unordered = words[0] == "unordered";
        if (quietly || unordered)
            words.RemoveAt(0);
        if (!quietly)
            _lines.Add("  " + _normaliser.Apply(string.Join(' ', words)));
        int arrow = words.IndexOf("->");
        List<string> captures = arrow < 0 ? [] : words[(arrow + 1)..];
        if (arrow >= 0)
            words.RemoveRange(arrow, words.Count - arrow);
        Perform(words);
        Tell(quietly, unordered);
        Capture(captures);
    }

    private void Perform(List<string> words)
    {
        switch (words[0])
        {
            case "wait":
                Deadline.Pause(TimeSpan.FromMilliseconds(int.Parse(words[1], CultureInfo.InvariantCulture)));
                SettleAll(null);
                return;
            case "observe":
                _observer.Enabled = words[1] == "on";
                return;
            case "await":
                Await(words);
                return;
        }

        string[] address = words[0].Split('.', 2);
        Conversation? existing = _conversations.GetValueOrDefault(address[0]);
        if (existing is { Over: true })
        {
            existing.Dispose();
            _conversations.Remove(address[0]);
            existing = null;
        }

        string verb = words[1];
        Arguments arguments = new(words.Skip(2));
        if (existing is null)
            existing = Connect(address[0], verb, arguments);
        if (verb is "connect" or "tcp" || existing.Over)
            return;
        if (address.Length == 2 && ushort.TryParse(address[1], CultureInfo.InvariantCulture, out ushort channel))
            new ChannelStep(existing, channel, _observer, _lines).Perform(verb, arguments);
        else
            new ConnectionStep(existing, _lines).Perform(verb, arguments);
        SettleAll(existing);
    }

    private Conversation Connect(string name, string verb, Arguments arguments)
    {
        Conversation conversation = new(name, _endpoint, _scenario.VirtualHost);
        _conversations[name] = conversation;
        if (verb == "tcp")
            return conversation;
        conversation.Handshake(verb == "connect" ? arguments.Named : new Dictionary<string, string>());
        if (verb != "connect" && conversation.Running)
            conversation.TakeHeard();
        return conversation;
    }

    private void SettleAll(Conversation? acting)
    {
        acting?.Settle(thoroughly: true);
        _observer.AskAll();
        foreach (Conversation conversation in _conversations.Values)
        {
            if (conversation != acting)
                conversation.Settle(thoroughly: false);
        }

        _observer.AskAll();
        foreach (Conversation conversation in _conversations.Values)
            conversation.Settle(thoroughly: true);
    }

    private void Await(List<string> words)
    {
        string queue = words[1];
        Arguments wanted = new(words.Skip(2));
        int everyMs = int.Parse(wanted.Named.GetValueOrDefault("every", "10"), CultureInfo.InvariantCulture);
        Deadline deadline = Deadline.In(TimeSpan.FromSeconds(10));
        string? found = null;
        while (!deadline.Passed)
        {
            (long Ready, long Consumers)? state = _observer.Ask(queue);
            bool holds = wanted.Words.Contains("gone") ? state is null
                : state is { } s
                    && (!wanted.Named.TryGetValue("ready", out string? ready) || ready == $"{s.Ready}")
                    && (!wanted.Named.TryGetValue("consumers", out string? consumers) || consumers == $"{s.Consumers}");
            found = state is { } seen ? $"ready={seen.Ready} consumers={seen.Consumers}" : "gone";
            if (holds)
            {
                SettleAll(null);
                return;
            }

            Deadline.Pause(TimeSpan.FromMilliseconds(everyMs));
        }

        _lines.Add($"    never: {queue} stays {found}");
    }

    private void Tell(bool quietly, bool unordered)
    {
        _lastHeard = [];
        List<string> told = [];
        foreach (Conversation conversation in _conversations.Values)
        {
            List<Incoming> heard = conversation.TakeHeard();
            _lastHeard.AddRange(heard);
            foreach (Incoming incoming in heard)
            {
                told.Add(string.Join(
                    '\n', Wording.Lines(conversation.Name, incoming).Select(line => "    " + _normaliser.Apply(line))));
            }
        }

        if (unordered)
            told.Sort(StringComparer.Ordinal);
        if (!quietly)
            _lines.AddRange(told.SelectMany(lines => lines.Split('\n')));
    }

    /// <summary>
    /// Remembers fields of what a step received: "-> name=field" names the first method or property field of that name.
    /// </summary>
    private void Capture(List<string> captures)
    {
        foreach (string capture in captures)
        {
            string[] parts = capture.Split('=', 2);
            object? value = _lastHeard.Select(incoming => Find(incoming, parts[1]))
                .FirstOrDefault(found => found is not null);
            _variables[parts[0]] = value is null ? "missing" : Wording.Field(value).Trim('"');
        }
    }

    private static object? Find(Incoming incoming, string field)
    {
        if (incoming.Method?.Definition.Field(field) is not null)
            return incoming.Method.Value(field);
        return incoming.Header?.Properties.FirstOrDefault(property => property.Name == field).Value;
    }
}
