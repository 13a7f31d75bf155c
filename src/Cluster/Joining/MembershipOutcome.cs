namespace Warren.Cluster.Joining;

/// <summary>How a request ended. The numbers are on the wire.</summary>
public enum MembershipOutcome : byte
{
    Done = 1,

    /// <summary>It must not be; a person has to do something else first.</summary>
    Refused = 2,

    /// <summary>Not now: the member has no majority, is starting, or is blank itself. Ask again.</summary>
    Later = 3,
}
