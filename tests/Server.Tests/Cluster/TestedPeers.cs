namespace Warren.Server.Tests.Cluster;

/// <summary>The nodes of one test, which find each other on this machine.</summary>
internal sealed class TestedPeers : IDisposable
{
    private readonly List<TestedPeer> _all = [];

    /// <summary>Where they find each other; goes with them.</summary>
    public string RunDirectory { get; } = Directory.CreateTempSubdirectory("warren-run-").FullName;

    public IReadOnlyList<TestedPeer> All => _all;

    /// <summary>As they are listed.</summary>
    public string Names => string.Join(", ", _all.Select(static peer => peer.Name).Order(StringComparer.Ordinal));

    public void Dispose()
    {
        foreach (TestedPeer peer in _all)
            peer.Dispose();
        Directory.Delete(RunDirectory, recursive: true);
    }

    /// <summary>One more, that has not started.</summary>
    public TestedPeer Make(int number, string configuration = "", string cookie = "ONECOOKIE")
    {
        var peer = new TestedPeer(number, RunDirectory, configuration, cookie);
        _all.Add(peer);
        return peer;
    }

    /// <summary>The first two, as one cluster in which both vote.</summary>
    public async Task<(TestedPeer, TestedPeer)> LinkedAsync()
    {
        TestedPeer a = await Make(1).StartAsync();
        TestedPeer b = await Make(2).StartAsync();
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        await b.SeesAsync(a, "up");
        // Until then the first is a majority by itself.
        await a.LogsAsync($"{b.Name} has caught up, and votes from now on");
        return (a, b);
    }
}
