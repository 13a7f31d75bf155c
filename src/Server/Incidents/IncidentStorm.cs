using System.Globalization;
using Warren.Cluster.Incidents;

namespace Warren.Server.Incidents;

/// <summary>
/// Keeps a storm from filling the record. The first of a kind and subject is let through at once; those that follow are
/// counted, and let through as one when their time is over: after a minute, and after twice as long each time that more
/// have come. Of one kind only so many subjects are told apart at a time; the rest is counted together. Not for several
/// threads.
/// </summary>
internal sealed class IncidentStorm
{
    /// <summary>Of one kind within its time; a list of more is of no use to anybody.</summary>
    public const int MostSubjects = 20;

    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Dictionary<(IncidentKind, string), Counted> _counted = [];

    /// <summary>Those that are counted now, a line each.</summary>
    public IEnumerable<KeptIncident> Pending => _counted.Values.Where(static one => one.Kept is not null)
        .Select(static one => one.Kept!);

    /// <summary>Nothing is counted, and nothing has to be looked at later.</summary>
    public bool IsCalm => _counted.Count == 0;

    /// <summary>Takes one; what is to be kept of it now, or null: it is counted.</summary>
    /// <param name="incident">What.</param>
    /// <param name="now">UTC.</param>
    public KeptIncident? Take(Incident incident, DateTimeOffset now)
    {
        if (_counted.TryGetValue((incident.Kind, incident.Subject), out Counted? counted))
        {
            counted.Add(incident, now);
            return null;
        }
        int subjects = _counted.Keys.Count(key => key.Item1 == incident.Kind);
        if (subjects < MostSubjects)
        {
            _counted.Add((incident.Kind, incident.Subject), new Counted(now, First));
            return new KeptIncident(now, incident);
        }
        // No subject is empty, so that the rest has a key of its own.
        if (!_counted.TryGetValue((incident.Kind, ""), out Counted? rest))
            _counted.Add((incident.Kind, ""), rest = new Counted(now, First) { IsRest = true });
        rest.Add(incident, now);
        return null;
    }

    /// <summary>What is to be kept of those whose time is over; of all, when the node stops.</summary>
    public List<KeptIncident> TakeDue(DateTimeOffset now, bool all)
    {
        var due = new List<KeptIncident>();
        foreach (((IncidentKind, string) key, Counted counted) in _counted.ToArray())
        {
            // A clock that is set back must not keep it for ever.
            if (!all && now - counted.Begun < counted.Length && now >= counted.Begun)
                continue;
            if (counted.Kept is not { } kept)
            {
                _counted.Remove(key);
                continue;
            }
            due.Add(kept);
            TimeSpan next = counted.Length * 2 < Longest ? counted.Length * 2 : Longest;
            _counted[key] = new Counted(now, next) { IsRest = counted.IsRest };
        }
        return due;
    }

    private sealed class Counted(DateTimeOffset begun, TimeSpan length)
    {
        public DateTimeOffset Begun { get; } = begun;

        public TimeSpan Length { get; } = length;

        public bool IsRest { get; init; }

        public KeptIncident? Kept { get; private set; }

        // The text of the last one: what it says may be newer than what was kept.
        public void Add(Incident incident, DateTimeOffset now)
        {
            long count = (Kept?.Incident.Count ?? 0) + incident.Count;
            if (IsRest)
            {
                string last = Kept is null ? incident.What : Kept.Incident.What;
                incident = incident with
                {
                    Subject = "",
                    What = Kept is null
                        ? string.Create(
                            CultureInfo.InvariantCulture,
                            $"more of this kind than {MostSubjects}{WhereAll(incident)}; first: {last}")
                        : last,
                };
            }
            Kept = new KeptIncident(now, incident with { Count = count }) { Since = Kept?.Since ?? now };
        }

        // What it hears of with the record alone it knows no better.
        private static string WhereAll(Incident incident) =>
            incident.IsLogged ? ", all of which the node's log names" : "";
    }
}
