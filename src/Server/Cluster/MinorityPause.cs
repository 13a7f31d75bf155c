using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>
/// What a node does for its clients while it reaches no majority (<c>cluster_partition_handling</c>): with
/// <c>pause_minority</c> it serves none until the majority is back, with <c>pause_if_all_down</c> none while it reaches
/// none of the nodes that are named. Safety never rests on it: without a majority nothing
/// is confirmed or changed, whatever is set here.
/// </summary>
internal sealed class MinorityPause : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>A link that is there again at once costs no client its connection.</summary>
    private const int PausesAfter = 3;

    private readonly PartitionOptions _options;
    private readonly PausedNode _node;
    private readonly Action<string> _tell;
    private readonly PeriodicTimer? _timer;
    private readonly Task _watching;
    private int _missed;
    private bool _isPaused;
    private bool _isWhollyPaused;
    private string? _lastFailure;

    public MinorityPause(PartitionOptions options, PausedNode node, TimeProvider time, Action<string> tell)
    {
        _node = node;
        _tell = tell;
        _options = options;
        if (options.Handling is PartitionHandling.PauseMinority or PartitionHandling.PauseIfAllDown)
            _timer = new PeriodicTimer(Interval, time);
        _watching = _timer is { } timer ? WatchAsync(timer) : Task.CompletedTask;
    }

    private bool IsCutOff => _options.Handling == PartitionHandling.PauseMinority
        ? !_node.ReachesMajority()
        : !_options.Nodes.Any(_node.Reaches);

    private string Missed => _options.Handling == PartitionHandling.PauseMinority
        ? "no majority of the cluster's nodes (cluster_partition_handling = pause_minority)"
        : $"none of {string.Join(", ", _options.Nodes)} (cluster_partition_handling = pause_if_all_down)";

    public async ValueTask DisposeAsync()
    {
        _timer?.Dispose();
        await _watching.ConfigureAwait(false);
    }

    // The outermost loop: a look that fails is made again, or the node would stay as it is for good.
    private async Task WatchAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                Look();
                _lastFailure = null;
            }
            catch (Exception error)
            {
                if (_lastFailure != error.Message)
                    _tell(Failure(error));
                _lastFailure = error.Message;
            }
        }
    }

    private string Failure(Exception error) => error is ConfigurationException
        ? $"the pause is over, but {error.Message}; it is tried again"
        : $"whether this node is to pause ({_options.Handling}) is looked at again, since that has failed: {error}";

    private void Look()
    {
        if (!_node.HasServed())
            return;
        bool isCutOff = IsCutOff;
        _missed = isCutOff ? _missed + 1 : 0;
        if (_missed >= PausesAfter && !_isWhollyPaused)
        {
            if (!_isPaused)
                _tell($"this node reaches {Missed} and pauses: it serves no clients until it does");
            // Also if the rest fails: what it has closed by then is opened by the end of the pause.
            _isPaused = true;
            _node.TellPaused($"paused: it reaches {Missed}");
            _node.Pause();
            _isWhollyPaused = true;
        }
        else if (!isCutOff && _isPaused && _node.IsServing())
        {
            if (!_node.EndPause())
                return;
            _isPaused = _isWhollyPaused = false;
            _node.TellServing();
            _tell("the pause is over: this node serves clients again");
        }
    }
}
