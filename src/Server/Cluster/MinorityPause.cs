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
    private readonly MembershipService _membership;
    private readonly Node _node;
    private readonly Action<string> _tell;
    private readonly PeriodicTimer _timer;
    private readonly Task _watching;
    private string? _lastFailure;

    public MinorityPause(
        PartitionOptions options, MembershipService membership, TimeProvider time, Node node, Action<string> tell)
    {
        _membership = membership;
        _node = node;
        _tell = tell;
        _timer = new PeriodicTimer(Interval, time);
        _options = options;
        _watching = options.Handling is PartitionHandling.PauseMinority or PartitionHandling.PauseIfAllDown
            ? WatchAsync()
            : Task.CompletedTask;
    }

    private bool IsCutOff => _options.Handling == PartitionHandling.PauseMinority
        ? !_membership.ReachesMajority
        : !_options.Nodes.Any(_membership.Reaches);

    private string Missed => _options.Handling == PartitionHandling.PauseMinority
        ? "no majority of the cluster's nodes (cluster_partition_handling = pause_minority)"
        : $"none of {string.Join(", ", _options.Nodes)} (cluster_partition_handling = pause_if_all_down)";

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        bool isPaused = false;
        int missed = 0;
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            if (!_node.Serving.IsCompletedSuccessfully)
                continue;
            bool isCutOff = IsCutOff;
            missed = isCutOff ? missed + 1 : 0;
            if (missed >= PausesAfter && !isPaused)
            {
                _tell($"this node reaches {Missed} and pauses: it serves no clients until it does");
                _membership.TellPaused($"paused: it reaches {Missed}");
                _node.Pause();
                isPaused = true;
            }
            else if (!isCutOff && isPaused && _membership.IsServing)
            {
                isPaused = !TryEnd();
            }
        }
    }

    private bool TryEnd()
    {
        try
        {
            _node.EndPause();
        }
        catch (ConfigurationException error)
        {
            if (_lastFailure != error.Message)
                _tell($"the pause is over, but {error.Message}; it is tried again");
            _lastFailure = error.Message;
            return false;
        }
        _lastFailure = null;
        _membership.TellServing();
        _tell("the pause is over: this node serves clients again");
        return true;
    }
}
