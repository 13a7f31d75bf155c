using System.Collections.Immutable;
using System.Net.Sockets;
using Warren.Broker;
using Warren.Broker.Administration;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Broker.Turns;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Server.Listeners;
using Warren.Storage;
using Warren.Storage.Disk;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server;

/// <summary>
/// One running node: its data directory, its broker, its listeners; started and stopped in that order and back.
/// </summary>
public sealed class Node : IAsyncDisposable
{
    /// <summary>How long clients may take to say goodbye when the node stops.</summary>
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long other nodes may take to take replicated queues over when the node stops: two that are asked one after
    /// another and do not answer.
    /// </summary>
    private static readonly TimeSpan HandoverPatience = TimeSpan.FromSeconds(2.5);

    /// <summary>How long they may take when it is put into maintenance: nobody waits for it to end.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private readonly NodeOptions _options;
    private readonly NodeLog _log;
    private readonly NodeStorage _storage;
    private readonly MessageBroker _broker;
    private readonly ClusterMember? _member;
    private readonly NodeSeams _seams;
    private readonly TlsServer? _tls;
    private readonly Task _finishing;
    private readonly MinorityPause? _pausing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly NodeListeners _listeners;

    private Node(
        NodeOptions options, NodeSeams seams, NodeLog log, NodeStorage storage, MessageBroker broker,
        ClusterMember? member, MembershipService? membership, TlsServer? tls, ImmutableArray<AmqpListener>? listeners,
        ForcedGeneration? forced)
    {
        _options = options;
        _seams = seams;
        _log = log;
        Membership = membership;
        _storage = storage;
        _broker = broker;
        _member = member;
        _tls = tls;
        _listeners = new NodeListeners(listener => Listen(listener, options, broker, tls));
        _listeners.Begin(listeners ?? []);
        Serving = listeners is null ? ServeLaterAsync() : Task.CompletedTask;
        _finishing = forced is null ? Task.CompletedTask : FinishForcedAsync(forced);
        _ = HaltWhenToldAsync();
        if (membership is not null && options.Listeners.Length > 0)
        {
            _pausing = new MinorityPause(
                options.Partitions, Paused(membership), seams.Time,
                sentence => log.Write(LogLevel.Warning, LogCategory.Default, sentence));
        }
    }

    /// <summary>
    /// Ends when clients are served: at once for a node by itself; one of several waits for a majority of them. What
    /// keeps it from that for good ends the process.
    /// </summary>
    public Task Serving { get; }

    /// <summary>Who belongs to the cluster; null: nobody else ever does.</summary>
    internal MembershipService? Membership { get; }

    public MessageBroker Broker => _broker;

    /// <summary>It is under maintenance.</summary>
    public bool IsDrained { get; private set; }

    public ImmutableArray<AmqpListener> Listeners => _listeners.Open;

    /// <summary>Takes no new clients; those that there are go on.</summary>
    public void SuspendListeners() => _listeners.Suspend();

    /// <summary>
    /// Maintenance: takes no new clients, has other nodes lead the definitions and the replicated queues that this one
    /// leads, and leads no queue before <see cref="Revive"/>; then asks the clients that there are to go elsewhere.
    /// What queues hold stays.
    /// </summary>
    public async Task<HandedOver> DrainAsync()
    {
        SuspendListeners();
        IsDrained = true;
        HandedOver handed = await HandOverAsync(DrainPatience, stops: false).ConfigureAwait(false);
        if (IsDrained)
            SendAway();
        return handed;
    }

    private void SendAway()
    {
        foreach (Connection connection in _broker.Connections.Snapshot())
            connection.Shutdown("Node was put into maintenance mode");
    }

    /// <summary>The end of maintenance.</summary>
    /// <exception cref="ConfigurationException">Somebody else has taken a port meanwhile.</exception>
    public void Revive()
    {
        _broker.LeadAgain();
        IsDrained = false;
        ResumeListeners();
    }

    /// <summary>Takes new clients again, where they were taken before.</summary>
    /// <exception cref="ConfigurationException">Somebody else has taken a port meanwhile.</exception>
    public void ResumeListeners()
    {
        ImmutableArray<AmqpListener> before = Listeners;
        try
        {
            _listeners.Resume();
        }
        finally
        {
            Tell(Listeners.Except(before), _log);
        }
    }

    /// <summary>Serves no clients for a while, and ends the connections of those that there are.</summary>
    internal void Pause()
    {
        _listeners.Pause();
        EndConnections();
    }

    /// <summary>The end of the pause; what an operator has suspended stays so.</summary>
    /// <returns>False: it is halted, and serves nobody.</returns>
    /// <exception cref="ConfigurationException">
    /// Somebody else has taken a port meanwhile; it can be tried again.
    /// </exception>
    internal bool EndPause() => _listeners.EndPause();

    /// <summary>
    /// Serves no clients until it is started again: it would by definitions that grow older and older, and they are
    /// better off with other nodes. Its vote and the queues that live on it are still good for the others.
    /// </summary>
    internal void Halt(string reason)
    {
        _listeners.Halt();
        Membership?.TellHalted($"serving no clients until it is started again: {reason}");
        EndConnections();
    }

    private void EndConnections()
    {
        foreach (Connection connection in _broker.Connections.Snapshot())
            connection.Shutdown("broker forced connection closure with reason 'paused'");
    }

    internal PausedNode Paused(MembershipService membership) => new()
    {
        HasServed = () => Serving.IsCompletedSuccessfully,
        ReachesMajority = () => membership.ReachesMajority,
        Reaches = membership.Reaches,
        IsServing = () => !_listeners.IsHalted && membership.IsServing,
        Pause = Pause,
        EndPause = EndPause,
        TellPaused = membership.TellPaused,
        TellServing = membership.TellServing,
    };

    /// <summary>Starts everything; returns when every listener accepts.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="seams">What it takes from the machine.</param>
    /// <param name="log">The process's log.</param>
    /// <param name="cluster">The other nodes; null: there are none, whatever happens.</param>
    /// <param name="forced">
    /// It begins a generation of its cluster (<see cref="ForcedBoot"/>); null: it does not.
    /// </param>
    /// <exception cref="ConfigurationException">It cannot start; the message says why.</exception>
    public static Node Start(
        NodeOptions options, NodeSeams seams, NodeLog log, ClusterHost? cluster = null, ForcedGeneration? forced = null)
    {
        foreach (ConfigurationNote note in options.Notes)
            log.Write(note.Level, LogCategory.Default, note.Message);
        TlsServer? tls = options.Tls is null ? null : new TlsServer(options.Tls);
        NodeStorage? storage = null;
        MessageBroker? broker = null;
        ClusterMember? member = null;
        MembershipService? membership = null;
        bool serving;
        var listeners = new List<AmqpListener>();
        try
        {
            storage = NodeStorage.Open(options.Places.DataDirectory, seams, log.Write);
            forced?.Begin(storage.Setup.Disk);
            member = cluster?.Join(storage.Setup.Disk);
            if (member is not null)
                membership = new MembershipService(cluster!, member, storage.Setup.Disk, forced is not null);
            broker = new MessageBroker(
                options.Broker, ThreadPoolTurns.Instance, seams.Time, seams.Random, log.Write, storage.Setup,
                member?.Setup(
                    waits: membership!.HasOthers, beginsAlone: forced is not null,
                    acceptsLoss: () => forced?.AcceptsLoss == true));
            storage.Start(broker);
            if (membership is { HasOthers: false })
                CheckIdentity(broker, member!, options);
            serving = broker.Cluster.WhenServing.IsCompletedSuccessfully;
            if (serving)
            {
                BootDefinitions.Load(options.Broker.DefinitionsPath, broker, log);
                foreach (ListenerOptions listener in options.Listeners)
                    listeners.Add(Listen(listener, options, broker, tls));
            }
            Storage.NodeLog nodeLog = broker.Storage!;
            member?.Start(nodeLog.Boot, () => nodeLog.DurableLsn.Value, storage.Setup.RoundAge!);
            membership?.Start(broker.Cluster);
        }
        catch (Exception error)
        {
            // Its links have not begun, or nothing came behind them that could fail.
            membership?.Dispose();
            member?.Abandon();
            foreach (AmqpListener listener in listeners)
                listener.Dispose();
            broker?.Dispose();
            storage?.Dispose();
            tls?.Dispose();
            if (error is StorageVersionException or IdentityException)
                throw new ConfigurationException($"data directory {options.Places.DataDirectory}: {error.Message}");
            if (error is DiskException or StorageFailedException or DurableFormatException
                or UnreadableDefinitionException)
                throw new ConfigurationException(error.Message);
            throw;
        }
        Tell(listeners, log);
        return new Node(
            options, seams, log, storage, broker, member, membership, tls, serving ? [.. listeners] : null, forced);
    }

    /// <summary>
    /// Stops accepting, hands over what it leads, stops delivering, says goodbye to every client, makes what they left
    /// durable, ends: in this order, so that nothing is appended any more when the log is closed.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _finishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_pausing is not null)
            await _pausing.DisposeAsync().ConfigureAwait(false);
        await _listeners.CloseAsync().ConfigureAwait(false);
        await HandOverAsync(HandoverPatience, stops: true).ConfigureAwait(false);
        _broker.StopDeliveries();
        await _broker.Connections
            .CloseAllAsync("broker forced connection closure with reason 'shutdown'", GoodbyePatience)
            .ConfigureAwait(false);
        await _broker.Cluster.EndServingAsync().ConfigureAwait(false);
        Membership?.Dispose();
        // Clients of other nodes are gone with the links.
        if (_member is not null)
            await _member.DisposeAsync().ConfigureAwait(false);
        await _broker.SaveQueuesAsync().ConfigureAwait(false);
        _broker.Dispose();
        _storage.Dispose();
        _tls?.Dispose();
        _stopping.Dispose();
        _log.Write(LogLevel.Info, LogCategory.Default, $"node {_options.Places.NodeName} has stopped");
    }

    // With clients and links as they are, so that a consumer's messages stay with it.
    private async Task<HandedOver> HandOverAsync(TimeSpan patience, bool stops)
    {
        Task definitions = _broker.Cluster.HandOverAsync(stops).WaitAsync(patience, _seams.Time);
        HandedOver handed = await _broker.HandOverAsync(patience).ConfigureAwait(false);
        // Else the others elect one when this node is gone.
        await definitions.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (handed.Led == 0)
            return handed;
        _log.Write(
            handed.Kept == 0 ? LogLevel.Info : LogLevel.Warning, LogCategory.Queue,
            $"handed over {handed.Led - handed.Kept} of the {handed.Led} replicated queues that this node led");
        return handed;
    }

    // It would wait for members for ever that are itself.
    private static void CheckIdentity(MessageBroker broker, ClusterMember member, NodeOptions options)
    {
        var members = broker.Cluster.Status.Members;
        if (members.IsEmpty || members.Any(one => one.Node == member.Identity.Node))
            return;
        throw new ConfigurationException(
            $"data directory {options.Places.DataDirectory}: its log is that of the node {members[0].Node}, and the "
            + $"file \"identity\" says {member.Identity.Node}: that file was lost or is another directory's; put it "
            + "back from a copy, or set the directory aside");
    }

    private async Task FinishForcedAsync(ForcedGeneration forced)
    {
        await Task.Yield();
        await forced.FinishAsync(
            _broker.Cluster, _storage.Setup.Disk,
            why => _log.Write(
                LogLevel.Error, LogCategory.Default,
                $"force_boot is not done: generation {forced.Number} is served, but not all of it is written down, "
                + $"which is tried again; until then no other node may join: {why}"),
            _stopping.Token).ConfigureAwait(false);
        Membership!.AddsNobody = false;
        _log.Write(
            LogLevel.Warning, LogCategory.Default,
            $"generation {forced.Number} of the cluster has begun with this node alone");
    }

    private static void Tell(IEnumerable<AmqpListener> listeners, NodeLog log)
    {
        foreach (AmqpListener listener in listeners)
        {
            log.Write(
                LogLevel.Info, LogCategory.Default,
                $"started {(listener.IsTls ? "TLS (SSL)" : "TCP")} listener on {listener.LocalEndPoint}");
        }
    }

    private async Task ServeLaterAsync()
    {
        // Off the start, and off whoever ends the wait.
        await Task.Yield();
        try
        {
            while (!await HasSessionAsync().ConfigureAwait(false))
                Membership?.TellWaiting();
            _stopping.Token.ThrowIfCancellationRequested();
            await LoadDefinitionsAsync().ConfigureAwait(false);
            if (!_listeners.TryBegin(_options.Listeners))
                await Task.Delay(Timeout.InfiniteTimeSpan, _seams.Time, _stopping.Token).ConfigureAwait(false);
            Membership?.TellServing();
            Tell(Listeners, _log);
            if (_listeners.IsSuspended)
            {
                _log.Write(
                    LogLevel.Warning, LogCategory.Default,
                    "this node could serve clients, but an operator has suspended its listeners: 'rabbitmqctl "
                    + "resume_listeners' opens them ('rabbitmq-upgrade revive' ends maintenance)");
            }
        }
        catch (ConfigurationException error)
        {
            // Whoever has started it hears of it; if he waits no more, it stands here.
            Membership?.TellPaused($"not serving, and must be started again: {error.Message}");
            _log.Write(LogLevel.Error, LogCategory.Default, $"the node cannot serve: {error.Message}");
            throw;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _seams.EndProcess(error.Message);
            throw;
        }
    }

    // The majority may be lost meanwhile; what was imported by then is found as wanted the next time.
    private async Task LoadDefinitionsAsync()
    {
        while (true)
        {
            try
            {
                BootDefinitions.Load(_options.Broker.DefinitionsPath, _broker, _log);
                return;
            }
            catch (AdministrationException error) when (error.Failure == AdministrationFailure.NotNow)
            {
                Membership?.TellWaiting();
                await Task.Delay(TimeSpan.FromSeconds(1), _seams.Time, _stopping.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task HaltWhenToldAsync() => Halt(await _broker.Cluster.WhenHalted.ConfigureAwait(false));

    private async Task<bool> HasSessionAsync()
    {
        try
        {
            await _broker.Cluster.WhenServing
                .WaitAsync(TimeSpan.FromSeconds(1), _seams.Time, _stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static AmqpListener Listen(
        ListenerOptions listener, NodeOptions options, MessageBroker broker, TlsServer? tls)
    {
        try
        {
            return new AmqpListener(listener, options, broker, tls);
        }
        catch (SocketException error)
        {
            string address = listener.Address?.ToString() ?? "all addresses";
            throw new ConfigurationException(
                $"cannot listen on port {listener.Port} of {address}: {error.Message}. {Advice(listener, error)}");
        }
    }

    private static string Advice(ListenerOptions listener, SocketException error)
    {
        string key = $"listeners.{(listener.IsTls ? "ssl" : "tcp")}.{listener.Name}";
        string keys = listener.IsTls ? key : $"RABBITMQ_NODE_PORT or {key}";
        return error.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"Another node or broker may be using it; {keys} choose another port",
            SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported =>
                $"It is no address of this machine; {key} chooses another one",
            SocketError.AccessDenied =>
                $"Ports below 1024 need a capability (CAP_NET_BIND_SERVICE); {keys} choose another port",
            _ => $"{key} chooses another place",
        };
    }
}
