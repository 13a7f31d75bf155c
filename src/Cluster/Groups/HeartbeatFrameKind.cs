namespace Warren.Cluster.Groups;

/// <summary>What the lines of a frame are.</summary>
public enum HeartbeatFrameKind
{
    Heartbeats,
    Answers,

    /// <summary>Not lines: a frame of <see cref="RestFrame"/>.</summary>
    Rest,

    /// <summary>Not lines: a frame of <see cref="RestAnswer"/>.</summary>
    RestAnswers,
}
