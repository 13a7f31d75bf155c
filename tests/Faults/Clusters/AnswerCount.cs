namespace Warren.Faults.Clusters;

/// <summary>How often an answer came, and the longest wait for it.</summary>
internal sealed record AnswerCount(int Number, TimeSpan Longest);
