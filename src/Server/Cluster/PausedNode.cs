namespace Warren.Server.Cluster;

/// <summary>The node as <see cref="MinorityPause"/> knows it.</summary>
internal sealed record PausedNode
{
    /// <summary>It has served clients since its start.</summary>
    public required Func<bool> HasServed { get; init; }

    /// <summary>See <see cref="MembershipService.ReachesMajority"/>.</summary>
    public required Func<bool> ReachesMajority { get; init; }

    /// <summary>See <see cref="MembershipService.Reaches"/>.</summary>
    public required Func<string, bool> Reaches { get; init; }

    /// <summary>It could serve clients: see <see cref="MembershipService.IsServing"/>.</summary>
    public required Func<bool> IsServing { get; init; }

    /// <summary>Serves no clients; again: goes on with what has failed.</summary>
    public required Action Pause { get; init; }

    /// <summary>Serves clients, or says that it does not; throws what can be tried again.</summary>
    public required Func<bool> EndPause { get; init; }

    /// <summary>Says why it serves nobody.</summary>
    public required Action<string> TellPaused { get; init; }

    /// <summary>Says that it does.</summary>
    public required Action TellServing { get; init; }
}
