namespace Warren.Storage.Inspection;

/// <summary>What the next start finds of a group.</summary>
/// <param name="Group">Its id.</param>
/// <param name="LiveEntries">That it serves.</param>
/// <param name="LiveBytes">Of their records.</param>
/// <param name="LastIndex">The highest that was given.</param>
/// <param name="IsUnsound">It will be marked as unsound, or is.</param>
/// <param name="LostEntries">Known to be lost, now and before.</param>
public sealed record GroupReport(
    GroupId Group, long LiveEntries, long LiveBytes, LogIndex LastIndex, bool IsUnsound, long LostEntries);
