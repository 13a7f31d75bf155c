using System.Collections.Immutable;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;

namespace Warren.Broker.Delays;

/// <summary>
/// Sends delayed messages that are due on their way, and holds those that cannot go: one with nowhere to go, until it
/// is known that this holds for all nodes, with those behind it at its exchange; and those for a queue on another node
/// that has enough on its way, until it has taken some. Nobody else waits for them. Owned by the turn of whoever keeps
/// them.
/// </summary>
internal sealed class DelayRouting(MessageBroker broker, WaitingMessages waiting, IDelayKeeper keeper)
{
    /// <summary>
    /// What may be on its way to queues that have not answered for it: however much is due at once, queues take it
    /// piece by piece, and memory holds no more. What is kept for queues whose homes are away is bounded for each.
    /// </summary>
    private const long UnansweredLimitBytes = 16 * 1024 * 1024;

    private readonly RouteSet _routes = new(broker.NewRandom());
    private readonly Dictionary<QueueHome, DelayTarget> _targets = [];
    // Those of them for which something is held.
    private readonly HashSet<DelayTarget> _full = [];
    private long _unansweredBytes;

    private int OverheadBytes => PublishCredit.MessageOverheadBytes + keeper.DepartureBytes;

    /// <summary>More may be sent.</summary>
    public bool HasRoom =>
        _unansweredBytes < UnansweredLimitBytes || _unansweredBytes - AwayBytes() < UnansweredLimitBytes;

    /// <summary>Whether there is room may depend on nodes that come and go.</summary>
    public bool SendsToOthers => _targets.Count > 0;

    /// <summary>Whether the one that is due next must wait with others of its exchange.</summary>
    public static bool IsHeldUp(DelayPlace place, DueTime due) => place.Unrouted?.StandsBefore(due) == true;

    /// <summary>The first in the order waits with others of its exchange.</summary>
    public void HoldFirst(DelayPlace place, DueTime due) => place.Unrouted!.Add(waiting.HoldFirst(), due);

    /// <summary>Sends a message that was taken, and whose bytes are here, or holds it.</summary>
    public void Route(in WaitingMessage due, DueTime time)
    {
        if (IsHeldUp(due.Place, time))
        {
            due.Place.Unrouted!.Add(waiting.Hold(due, keeper.LastStored), time);
            return;
        }
        if (keeper.DepartedTo(due.Number) is { } departedTo)
        {
            SendAgain(due, time, departedTo);
            return;
        }
        ReadOnlySpan<QueueDefinition> queues = Find(due, PropertiesView.Parse(due.Message.Properties));
        if (queues.IsEmpty)
        {
            if (!TryAwaitOthers(due, time))
                Drop(due);
            return;
        }
        foreach (QueueDefinition queue in queues)
        {
            if (!queue.Home.IsRemote || !_targets.TryGetValue(queue.Home, out DelayTarget? target)
                || (target.UnansweredBytes < LineOptions.FullBytes && !target.Held.StandsBefore(time)))
                continue;
            target.Held.Add(waiting.Hold(due, keeper.LastStored), time);
            _full.Add(target);
            return;
        }
        Send(due, queues);
        Leave(due);
    }

    /// <summary>Posts a message to queues, which answer the group; takes a reference for each.</summary>
    public static void Post(in Message message, ReadOnlySpan<QueueDefinition> queues, PublishGroup group)
    {
        PropertiesView properties = PropertiesView.Parse(message.Properties);
        long ttlMs = properties.HasExpiration ? PublishChecks.ParseExpiration(properties.Expiration) : -1;
        foreach (QueueDefinition queue in queues)
        {
            message.Slab.AddReferences(1);
            queue.Home.Post(QueueCommand.Publish(
                message, properties.Priority, properties.IsPersistent, ttlMs, null, 0, group));
        }
    }

    /// <summary>What the exchange's held messages waited for has been answered; they are looked at again.</summary>
    public void LookAgain(DelayPlace place, bool isReached)
    {
        if (isReached && place.Asked is { } asked)
            place.Covered = asked;
        place.Asked = null;
        PutBack(place.Unrouted);
    }

    /// <summary>All queues that a message went to have answered for it.</summary>
    public void Answered(Departure departure)
    {
        _unansweredBytes -= departure.WeightBytes;
        departure.Place.Departed--;
        foreach (DelayTarget target in departure.Targets)
        {
            target.UnansweredBytes -= departure.WeightBytes;
            if (target is { UnansweredBytes: 0, Held.Count: 0 })
                _targets.Remove(target.Home);
        }
    }

    /// <summary>
    /// Lets messages for queues that have taken some go on, as many as there is room for. False: there are none.
    /// </summary>
    /// <param name="next">The first of the order; null: there is none.</param>
    public bool GoOn(DueTime? next)
    {
        bool any = false;
        foreach (DelayTarget target in _full)
        {
            // Those that were let go on before are sent, or held again, before others are.
            long roomBytes = LineOptions.FullBytes - target.UnansweredBytes;
            if (next is { } first && first.CompareTo(target.Held.Released) <= 0)
                continue;
            for (; roomBytes > 0 && target.Held.Count > 0; any = true)
            {
                target.Held.TakeFirst(out int slot, out DueTime due);
                roomBytes -= waiting.SizeOf(slot) + OverheadBytes;
                // What was known of others when it was due may be long out of date.
                waiting.PlaceOf(slot).Covered = DueTime.Never;
                waiting.PutBack(slot, due);
            }
            if (target.Held.Count > 0)
                continue;
            _full.Remove(target);
            if (target.UnansweredBytes == 0)
                _targets.Remove(target.Home);
        }
        return any;
    }

    /// <summary>Whatever is held is in the order again, as if nothing were known.</summary>
    public void PutBackHeld()
    {
        foreach (DelayPlace place in waiting.Places)
            PutBack(place.Unrouted);
        foreach (DelayTarget target in _full)
        {
            PutBack(target.Held);
            if (target.UnansweredBytes == 0)
                _targets.Remove(target.Home);
        }
        _full.Clear();
    }

    private void PutBack(DelayHold? held)
    {
        while (held is { Count: > 0 })
        {
            held.TakeFirst(out int slot, out DueTime due);
            waiting.PutBack(slot, due);
        }
    }

    private ReadOnlySpan<QueueDefinition> Find(in WaitingMessage due, PropertiesView properties)
    {
        if (!broker.Topology.Vhosts.TryGetValue(due.Place.Vhost, out Vhost? vhost))
            return default;
        var input = new RoutingInput(Encoding.UTF8.GetString(due.Message.RoutingKey), properties);
        Router.RouteAfterDelay(vhost, due.Place.Exchange, input, _routes);
        return _routes.Queues;
    }

    // Nobody knows whether they have it. Queues that are gone want it no more.
    private void SendAgain(in WaitingMessage due, DueTime time, ImmutableArray<long> departedTo)
    {
        QueueDefinition[] queues = [.. departedTo.Select(broker.QueueLinks!.FindQueue).OfType<QueueDefinition>()];
        if (queues.Length < departedTo.Length && TryAwaitOthers(due, time))
            return;
        if (queues.Length == 0)
        {
            Drop(due);
            return;
        }
        Send(due, queues);
        Leave(due);
    }

    private void Drop(in WaitingMessage due)
    {
        keeper.Drop(due);
        Leave(due);
    }

    // Whether others may know more than this node; it is held until that is answered.
    private bool TryAwaitOthers(in WaitingMessage due, DueTime time)
    {
        DelayPlace place = due.Place;
        if (!broker.Definitions.NeedsBarrier || time.CompareTo(place.Covered) <= 0)
            return false;
        (place.Unrouted ??= new DelayHold()).Add(waiting.Hold(due, keeper.LastStored), time);
        if (place.Asked is not null)
            return true;
        place.Asked = time;
        keeper.AskOthers(place);
        return true;
    }

    private void Send(in WaitingMessage due, ReadOnlySpan<QueueDefinition> queues)
    {
        int weightBytes = due.Message.SizeBytes + OverheadBytes;
        _unansweredBytes += weightBytes;
        due.Place.Departed++;
        keeper.Send(due, queues, new Departure(weightBytes, CountAtTargets(queues, weightBytes), due.Place));
    }

    private ImmutableArray<DelayTarget> CountAtTargets(ReadOnlySpan<QueueDefinition> queues, int weightBytes)
    {
        var targets = ImmutableArray.CreateBuilder<DelayTarget>(0);
        foreach (QueueDefinition queue in queues)
        {
            if (!queue.Home.IsRemote)
                continue;
            if (!_targets.TryGetValue(queue.Home, out DelayTarget? target))
                _targets.Add(queue.Home, target = new DelayTarget(queue.Home));
            target.UnansweredBytes += weightBytes;
            targets.Add(target);
        }
        return targets.DrainToImmutable();
    }

    private long AwayBytes()
    {
        long bytes = 0;
        foreach (DelayTarget target in _targets.Values)
        {
            if (target.Home.IsAway)
                bytes += target.UnansweredBytes;
        }
        return bytes;
    }

    private void Leave(in WaitingMessage due)
    {
        due.Message.Slab.Release(1);
        waiting.Leave(due.Place);
    }
}
