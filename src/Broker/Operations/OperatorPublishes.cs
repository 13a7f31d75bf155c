using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Delays;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Operations;

/// <summary>
/// An operator's publishes, one request's: routed by the rules of a client's. They wait while this node is cut off from
/// what others bind, and of what goes nowhere here it is asked first whether it does so everywhere.
/// </summary>
internal sealed class OperatorPublishes
{
    private readonly MessageBroker _broker;
    private readonly string _vhost;
    private readonly string _exchange;
    private readonly string _routingKey;
    private readonly BasicProperties _properties;
    private readonly byte[] _encoded;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly RouteSet _routes;
    // All that was committed when they came has been applied here.
    private bool _isCovered;
    private long _confirmed;
    private long _unroutable;
    private long _refused;
    private bool _isUnknown;
    private string? _awayText;

    public OperatorPublishes(
        MessageBroker broker, string vhost, string exchange, string routingKey, BasicProperties properties,
        ReadOnlyMemory<byte> body)
    {
        _broker = broker;
        _vhost = vhost;
        _exchange = exchange;
        _routingKey = routingKey;
        _properties = properties;
        _encoded = properties.ToArray();
        _body = body;
        _routes = new RouteSet(broker.NewRandom());
    }

    /// <summary>Publishes the message so many times, and waits for every verdict.</summary>
    /// <exception cref="OperationCanceledException">What was not published by then is not.</exception>
    public async Task<PublishOutcome> RunAsync(int count, CancellationToken cancellation)
    {
        // In batches, so that memory and queues get a rest; each is confirmed before the next.
        int mostAtATime = Math.Clamp(QueueOperations.BatchBytes / (_body.Length + 1), 1, 1000);
        for (int done = 0; done < count;)
        {
            int batch = Math.Min(mostAtATime, count - done);
            await RunBatchAsync(batch, cancellation).ConfigureAwait(false);
            done += batch;
        }
        return new PublishOutcome(_confirmed, _unroutable, _refused, _awayText);
    }

    private async Task RunBatchAsync(int batch, CancellationToken cancellation)
    {
        var verdicts = new List<Task<bool>>(batch);
        for (int one = 0; one < batch; one++)
        {
            if (await PublishAsync(cancellation).ConfigureAwait(false) is { } verdict)
                verdicts.Add(verdict);
        }
        foreach (QueueDefinition target in _routes.Queues)
            _awayText ??= target.Home.AwayText;
        foreach (Task<bool> verdict in verdicts)
        {
            if (await verdict.ConfigureAwait(false))
                _confirmed++;
            else
                _refused++;
        }
    }

    // Null: it has nowhere to go, or nobody can say whether it has, which has been counted.
    private async Task<Task<bool>?> PublishAsync(CancellationToken cancellation)
    {
        DefinitionsStore definitions = _broker.Definitions;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!definitions.Gate.IsOpen)
            {
                await WhenOpenAsync(definitions).WaitAsync(cancellation).ConfigureAwait(false);
            }
            else if (TryPublish() is { } verdict)
            {
                return verdict;
            }
            else if (_isCovered || !definitions.NeedsBarrier)
            {
                _unroutable++;
                return null;
            }
            else if (_isUnknown || !await ReachBarrierAsync(definitions).WaitAsync(cancellation).ConfigureAwait(false))
            {
                // The others would wait as long, one after another.
                _isUnknown = true;
                _refused++;
                _awayText ??= "no majority of the nodes can be reached to say where it would go";
                return null;
            }
            else
            {
                _isCovered = true;
            }
        }
    }

    private static Task WhenOpenAsync(DefinitionsStore definitions)
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RoutingGate gate = definitions.Gate;
        definitions.Post(new TurnEvent(() => gate.WhenOpen(opened.SetResult)));
        return opened.Task;
    }

    private static Task<bool> ReachBarrierAsync(DefinitionsStore definitions)
    {
        var reached = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        definitions.RequestBarrier(reached.SetResult);
        return reached.Task;
    }

    // Null: it has nowhere to go.
    private Task<bool>? TryPublish()
    {
        // As it is now: it may have waited.
        if (!_broker.Topology.Vhosts.TryGetValue(_vhost, out Vhost? vhost))
            return null;
        Router.Route(vhost, _exchange, new(_routingKey, PropertiesView.Parse(_encoded)), _routes);
        int targets = _routes.Queues.Length + _routes.Delays.Length;
        if (targets == 0)
            return null;
        if (_broker.Alarms.OfDisks?.FirstStopped(_routes.Queues) is { } stopped)
        {
            _awayText ??= $"nodes that queue '{stopped.Name}' in vhost '{_vhost}' needs are low on disk";
            return Task.FromResult(false);
        }
        Message message = MessageInOwnSlab.Store(
            _broker.Slabs, Encoding.UTF8.GetBytes(_exchange), Encoding.UTF8.GetBytes(_routingKey), _encoded,
            _body.Span);
        var verdict = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        // A commit's verdicts come after the sync, which is what is waited for here.
        var group = new PublishGroup(targets, verdict.SetResult) { AwaitsSync = true };
        long ttlMs = long.TryParse(_properties.Expiration, out long expiration) ? expiration : -1;
        foreach (QueueDefinition target in _routes.Queues)
        {
            message.Slab.AddReferences(1);
            target.Home.Post(QueueCommand.Publish(
                message, _properties.Priority ?? 0, _properties.DeliveryMode == 2, ttlMs, null, 0, group));
        }
        foreach (RouteDelay delay in _routes.Delays)
        {
            message.Slab.AddReferences(1);
            _broker.Delays.Add(new DelayedMessage(_vhost, delay, message, null, 0, group));
        }
        message.Slab.Release(1);
        return verdict.Task;
    }
}
