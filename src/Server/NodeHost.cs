using Warren.Broker;
using Warren.Cluster.Incidents;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Server.Incidents;
using Warren.Storage.Disk;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server;

/// <summary>
/// The process's node: its broker can be stopped and started again (<c>stop_app</c>, <c>start_app</c>) while the
/// process, its log and its control socket stay. One change at a time; <see cref="Node"/> is null between them.
/// </summary>
public sealed class NodeHost : IAsyncDisposable
{
    /// <summary>Until it is looked at again whether a start waits for others.</summary>
    private static readonly TimeSpan WaitingInterval = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _changing = new(1);
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterHost? _cluster;
    private Node? _node;
    private CancellationTokenSource? _starting;
    private bool _isStarting;

    /// <param name="options">What each start is told.</param>
    /// <param name="seams">What it takes from the machine.</param>
    /// <param name="log">The process's log.</param>
    public NodeHost(NodeOptions options, NodeSeams seams, NodeLog log)
    {
        Options = options;
        Limits = options.Broker;
        Incidents = new IncidentRecord(
            () => FileDisk.Existing(options.Places.DataDirectory), seams.Time, log.Write);
        Seams = seams with
        {
            Incidents = Incidents.Note,
            EndProcess = sentence =>
            {
                Incidents.Dispose();
                seams.EndProcess(sentence);
            },
        };
        Log = log;
        StartedTimestamp = seams.Time.GetTimestamp();
        Creation = seams.Time.GetUtcNow().ToUnixTimeSeconds();
        RemoteCommands = new RemoteCommands(seams.Time, log.Write);
    }

    public NodeOptions Options { get; }

    public NodeSeams Seams { get; }

    public NodeLog Log { get; }

    /// <summary>What was lost, refused or damaged here.</summary>
    public IncidentRecord Incidents { get; }

    /// <summary>When the process began, a timestamp of the time provider.</summary>
    public long StartedTimestamp { get; }

    /// <summary>Tells this run of the node from others, in the pids that commands show.</summary>
    public long Creation { get; }

    /// <summary>Commands that come over the peer port.</summary>
    public RemoteCommands RemoteCommands { get; }

    /// <summary>The node among others; null before its first start.</summary>
    public ClusterHost? Cluster => Volatile.Read(ref _cluster);

    /// <summary>The running node; null: its broker is stopped.</summary>
    public Node? Node => Volatile.Read(ref _node);

    public bool IsStarting => Volatile.Read(ref _isStarting);

    /// <summary>
    /// The memory and disk limits in force: those of <see cref="Options"/>, or what was set since the start.
    /// </summary>
    public BrokerOptions Limits { get; private set; }

    /// <summary>Sets other limits, until the broker or the process stops.</summary>
    public void SetLimits(BrokerOptions limits)
    {
        Limits = limits;
        Node?.Broker.Alarms.SetLimits(limits);
    }

    /// <summary>Ends when somebody has asked for the process to end.</summary>
    public Task Stopping => _stopping.Task;

    public void RequestStop() => _stopping.TrySetResult();

    /// <summary>
    /// Starts the broker; does nothing when it runs. Returns when every listener accepts, or when a node of several is
    /// up and waits for others (<see cref="Node.Serving"/>). One that has no cluster yet, and was told of others, first
    /// waits until it has one.
    /// </summary>
    /// <exception cref="ConfigurationException">It cannot start; the message says why.</exception>
    /// <exception cref="BusyException">Another start waits for others.</exception>
    /// <exception cref="OperationCanceledException">It was stopped while it waited.</exception>
    public async Task StartAppAsync(CancellationToken cancellation = default)
    {
        await EnterAsync(cancellation).ConfigureAwait(false);
        using var stop = new CancellationTokenSource();
        Volatile.Write(ref _starting, stop);
        try
        {
            if (_node is not null)
                return;
            Volatile.Write(ref _isStarting, true);
            Limits = Options.Broker;
            ClusterHost cluster = OpenCluster();
            ForcedGeneration? forced;
            do
            {
                await cluster.PrepareAsync(stop.Token).ConfigureAwait(false);
                forced = await new ForcedBoot(this).DecideAsync(cluster, stop.Token).ConfigureAwait(false);
            }
            while (cluster.ReadOverruled() is not null);
            Volatile.Write(ref _node, Server.Node.Start(Options, Seams, Log, cluster, forced));
        }
        // One that another process has locked is sound, and its record is that process's.
        catch (ConfigurationException error) when (
            error.InnerException is not DiskException { Failure: DiskFailure.Locked }
            && error.Message.StartsWith("data directory", StringComparison.Ordinal))
        {
            Incidents.Note(new Incident(
                IncidentKind.RefusedDirectory, Options.Places.NodeName, $"the node does not start: {error.Message}"));
            throw;
        }
        finally
        {
            Volatile.Write(ref _starting, null);
            Volatile.Write(ref _isStarting, false);
            _changing.Release();
        }
    }

    /// <summary>
    /// While the broker is stopped, does something to the data directory that no start must disturb.
    /// </summary>
    /// <exception cref="BusyException">A start waits for others, or was quicker.</exception>
    internal async Task WithStoppedAsync(Func<ClusterHost, Task> act, CancellationToken cancellation = default)
    {
        // A start that waits for an operator has found him.
        if (IsStarting && (_cluster?.AwaitsOperator ?? _cluster?.ReadOverruled()) is not null)
            CancelStart();
        await EnterAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_node is not null)
                throw new BusyException("the broker runs");
            await act(OpenCluster()).ConfigureAwait(false);
        }
        finally
        {
            try
            {
                _cluster?.DirectoryChanged();
            }
            finally
            {
                _changing.Release();
            }
        }
    }

    /// <summary>Stops the broker as the end of the process would; does nothing when it is stopped.</summary>
    public async Task StopAppAsync(CancellationToken cancellation = default)
    {
        CancelStart();
        await StopNodeAsync(cancellation).ConfigureAwait(false);
    }

    // False: there was none.
    private async Task<bool> StopNodeAsync(CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_node is not { } node)
                return false;
            Volatile.Write(ref _node, null);
            await node.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    // What a start waits for may never come, and whoever asks would wait with it.
    private async Task EnterAsync(CancellationToken cancellation)
    {
        while (!await _changing.WaitAsync(WaitingInterval, cancellation).ConfigureAwait(false))
        {
            if (IsStarting && Volatile.Read(ref _starting) is { IsCancellationRequested: false }
                && _cluster?.Waiting is { } waiting)
            {
                throw new BusyException(
                    $"{Options.Places.NodeName} is starting: {waiting}. 'rabbitmqctl stop_app' first");
            }
        }
    }

    private ClusterHost OpenCluster()
    {
        if (_cluster is null)
        {
            ClusterHost cluster = ClusterHost.Open(Options, Seams, Log, RemoteCommands);
            cluster.Overruled = () => _ = StartAgainAsync();
            cluster.Describe = () => NodeDescription.Write(this);
            Volatile.Write(ref _cluster, cluster);
        }
        return _cluster;
    }

    // What is in the directory serves nobody any more: the start waits for an operator.
    private async Task StartAgainAsync()
    {
        // Off the link that has brought it.
        await Task.Yield();
        try
        {
            // The links of one that starts are there before its start has ended, which is waited for. One that only
            // looked into the directory is not to be started behind its operator's back.
            if (await StopNodeAsync(CancellationToken.None).ConfigureAwait(false))
                await StartAppAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped again meanwhile.
        }
        catch (Exception error) when (error is ConfigurationException or BusyException or ObjectDisposedException)
        {
            Log.Write(LogLevel.Error, LogCategory.Default, $"the node does not start again: {error.Message}");
        }
        catch (Exception error)
        {
            // Nobody waits for this, to whom it could be thrown.
            Log.Write(LogLevel.Error, LogCategory.Default, $"the node does not start again: {error}");
        }
    }

    private void CancelStart()
    {
        try
        {
            Volatile.Read(ref _starting)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAppAsync().ConfigureAwait(false);
        if (_cluster is not null)
            await _cluster.DisposeAsync().ConfigureAwait(false);
        Incidents.Dispose();
        _changing.Dispose();
    }
}
