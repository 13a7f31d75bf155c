using System.Globalization;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>
/// What damage has taken of the groups that a start found, told to the operator by the names that he knows. A group of
/// one member is marked whole again once that was told, since nobody can bring the lost back. Messages whose queue
/// nobody knows any more, because definitions are lost, are set aside: they stay in the log, served to nobody, and the
/// definitions stay marked for as long, so that the next start does not take them for what a deleted queue has left.
/// </summary>
internal sealed class RecoveredLosses(MessageBroker broker)
{
    /// <summary>More groups than this are told in one line: a start must not write one for each of 100,000.</summary>
    private const int MostNamed = 100;

    private readonly List<(GroupId Group, string Name, long Lost)> _unsound = [];
    private readonly List<(GroupId Group, long Messages)> _setAside = [];
    private long _lostDefinitions;
    private bool _isDefinitionsMarked;
    private bool _hasDefinitions;

    /// <summary>
    /// Something of the definitions is lost, so that a group without one need not be a deleted queue's.
    /// </summary>
    public bool AreDefinitionsIncomplete =>
        !_hasDefinitions || _isDefinitionsMarked || broker.Definitions.HasLost;

    /// <summary>Takes note of the definitions' group, when all of it has been read.</summary>
    public void NoteDefinitions(RecoveredGroup group)
    {
        _hasDefinitions = true;
        _isDefinitionsMarked = group.IsUnsound;
        _lostDefinitions = group.LostEntries;
    }

    /// <summary>Takes note of another group, when all of it has been read.</summary>
    /// <param name="group">The group.</param>
    /// <param name="name">What it is to the operator, to begin a sentence.</param>
    public void Note(RecoveredGroup group, string name)
    {
        if (group.IsUnsound)
            _unsound.Add((group.Id, name, group.LostEntries));
    }

    /// <summary>Keeps a group whose queue is not known; one without entries ends.</summary>
    public void SetAside(NodeLog log, RecoveredGroup group)
    {
        LogGroup opened = log.OpenGroup(group.Id, new Nobody());
        long messages = 0;
        while (group.TryNext(out _))
            messages++;
        if (messages == 0)
            opened.Drop();
        else
            _setAside.Add((group.Id, messages));
    }

    /// <summary>Tells what is lost, and marks what was told. The log's own marks are behind.</summary>
    public void Tell(NodeLog log)
    {
        TellDefinitions(log);
        TellSetAside();
        foreach ((_, string name, long lost) in _unsound.Where(each => each.Lost > 0).Take(MostNamed))
        {
            Tell(
                IncidentKind.LostMessages, name,
                $"{name} has lost {Number(lost)} to damage of the data directory, or more; "
                + "what is left is served");
        }
        int more = _unsound.Count(each => each.Lost > 0) - MostNamed;
        if (more > 0)
        {
            Tell(
                IncidentKind.LostMessages, "more queues",
                $"{more} more queues have lost messages to damage of the data directory; what is left is served");
        }
        string[] uncertain = [.. _unsound.Where(each => each.Lost == 0).Select(each => each.Name)];
        if (uncertain.Length > 0)
        {
            string others = uncertain.Length > MostNamed ? $" and {uncertain.Length - MostNamed} more" : "";
            Tell(
                IncidentKind.LostMessages, "missing records",
                "Records of the log are missing of which nobody can tell whose they were; these may have lost "
                + $"messages: {string.Join(", ", uncertain.Take(MostNamed))}{others}");
        }
        foreach ((GroupId group, _, _) in _unsound)
            log.MarkSound(group);
    }

    private void TellDefinitions(NodeLog log)
    {
        if (!_hasDefinitions && (_setAside.Count > 0 || broker.Definitions.IsUnsound))
        {
            Tell(
                IncidentKind.LostDefinitions, "all",
                "All definitions are lost to damage of the data directory: vhosts, users, exchanges, queues");
        }
        else if (_lostDefinitions > 0)
        {
            Tell(
                IncidentKind.LostDefinitions, "some",
                $"{_lostDefinitions} definitions are lost to damage of the data directory: vhosts, users, "
                + "permissions, exchanges, queues or bindings. Declare them again, or import them");
        }
        else if (_isDefinitionsMarked)
        {
            Tell(
                IncidentKind.LostDefinitions, "missing records",
                "Records of the log are missing of which nobody can tell whose they were: definitions may be lost, "
                + "that is vhosts, users, permissions, exchanges, queues or bindings");
        }
        // Of a member of a cluster, what is lost comes from the leader.
        if (broker.Definitions.IsUnsound)
            return;
        // Their group takes what is left for the whole, and has said so.
        if (_setAside.Count > 0)
            log.MarkUnsound(DurableGroups.Definitions, _lostDefinitions);
        else if (_setAside.Count == 0 && _isDefinitionsMarked)
            log.MarkSound(DurableGroups.Definitions);
    }

    private void TellSetAside()
    {
        if (_setAside.Count == 0)
            return;
        string groups = string.Join(
            ", ", _setAside.Take(MostNamed).Select(each => $"group {each.Group}: {Number(each.Messages)}"));
        string others = _setAside.Count > MostNamed ? $" and {_setAside.Count - MostNamed} groups more" : "";
        Tell(
            IncidentKind.LostDefinitions, "set aside",
            $"The definitions of {_setAside.Count} queues are lost, and their messages are set aside: they stay in "
            + $"the data directory and are served to nobody ({groups}{others}). While the node is stopped, "
            + $"'warren storage dump --group {_setAside[0].Group} --bodies' shows those of the first");
    }

    private static string Number(long messages) =>
        messages == 1 ? "1 message" : string.Create(CultureInfo.InvariantCulture, $"{messages} messages");

    private void Tell(IncidentKind kind, string subject, string message)
    {
        broker.Log(LogLevel.Error, LogCategory.Default, message + ".");
        broker.Note(new Incident(kind, subject, message));
    }

    /// <summary>Whose group has no owner.</summary>
    internal sealed class Nobody : IGroupOwner
    {
        public void Durable(Lsn lsn)
        {
            // Nobody waits for it.
        }

        public void Moved(MovedEntries moves) => moves.Complete();
    }
}
