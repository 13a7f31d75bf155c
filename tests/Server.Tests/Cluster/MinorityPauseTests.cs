using System.Collections.Concurrent;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>A node that reaches no majority, on a clock that stands still between its looks.</summary>
public sealed class MinorityPauseTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly ConcurrentQueue<string> _done = new();
    private readonly MinorityPause _pause;
    private volatile bool _reaches = true;
    private volatile bool _isHalted;
    private volatile string? _failing;
    private int _looks;

    public MinorityPauseTests() => _pause = new MinorityPause(
        new PartitionOptions { Handling = PartitionHandling.PauseMinority },
        new PausedNode
        {
            HasServed = () => true,
            ReachesMajority = () =>
            {
                Interlocked.Increment(ref _looks);
                FailAt("look");
                return _reaches;
            },
            Reaches = _ => throw new InvalidOperationException("nobody was named"),
            IsServing = () => true,
            Pause = () => Do("pause"),
            EndPause = Ends,
            TellPaused = _ => { },
            TellServing = () => { },
        },
        _time, _told.Enqueue);

    public ValueTask DisposeAsync() => _pause.DisposeAsync();

    [Fact]
    public async Task A_link_that_is_there_again_at_once_pauses_nobody()
    {
        _reaches = false;
        await LookAsync(2);
        _reaches = true;
        await LookAsync(1);
        _reaches = false;
        await LookAsync(2);
        Assert.Empty(_done);
        await LookAsync(1);
        await DoneAsync("pause");
        await LookAsync(3);
        Assert.Equal(["pause"], _done);
    }

    [Fact]
    public async Task The_end_of_a_pause_that_opens_nothing_is_not_told()
    {
        _reaches = false;
        await LookAsync(3);
        await DoneAsync("pause");
        _isHalted = _reaches = true;
        await LookAsync(2);
        Assert.Contains("end", _done);
        Assert.DoesNotContain(_told, one => one.StartsWith("the pause is over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_look_that_fails_is_told_once_and_made_again()
    {
        _failing = "look";
        await LookAsync(4);
        Assert.Contains("that has failed: System.InvalidOperationException: look", Assert.Single(_told));
        _failing = null;
        _reaches = false;
        await LookAsync(3);
        await DoneAsync("pause");
    }

    [Fact]
    public async Task A_pause_that_fails_is_made_again_and_ended_all_the_same()
    {
        _failing = "pause";
        _reaches = false;
        await LookAsync(3);
        await DoneAsync("pause");
        _failing = null;
        await LookAsync(1);
        await DoneAsync("pause", "pause");
        // Half of it may be there.
        _failing = "pause";
        _reaches = true;
        await LookAsync(1);
        await DoneAsync("pause", "pause", "end");
        _reaches = false;
        await LookAsync(3);
        await DoneAsync("pause", "pause", "end", "pause");
        _reaches = true;
        await LookAsync(1);
        await DoneAsync("pause", "pause", "end", "pause", "end");
    }

    [Fact]
    public async Task An_end_that_fails_is_made_again()
    {
        _reaches = false;
        await LookAsync(3);
        await DoneAsync("pause");
        _failing = "end";
        _reaches = true;
        await LookAsync(2);
        await DoneAsync("pause", "end", "end");
        Assert.DoesNotContain("the pause is over: this node serves clients again", _told);
        _failing = null;
        await LookAsync(1);
        await Eventually.True(() => _told.Contains("the pause is over: this node serves clients again"));
    }

    private void Do(string what)
    {
        _done.Enqueue(what);
        FailAt(what);
    }

    private void FailAt(string what)
    {
        if (_failing == what)
            throw new InvalidOperationException(what);
    }

    // One after another: a tick that finds the one before at work is lost.
    private bool Ends()
    {
        Do("end");
        return !_isHalted;
    }

    private async Task LookAsync(int times)
    {
        for (int time = 0; time < times; time++)
        {
            int before = Volatile.Read(ref _looks);
            await Eventually.True(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(200));
                return SpinWait.SpinUntil(() => Volatile.Read(ref _looks) > before, 1000);
            });
        }
    }

    private Task DoneAsync(params string[] what) =>
        Eventually.True(() => _done.SequenceEqual(what), () => string.Join(' ', _done));
}
