using System.Diagnostics.CodeAnalysis;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What must be true whatever peers send. A breach is a mistake of our own: the node stops rather than answer from a
/// state that cannot be.
/// </summary>
internal static class Invariant
{
    public static void Holds([DoesNotReturnIf(false)] bool condition, string sentence)
    {
        if (!condition)
            throw new InvalidOperationException($"Consensus is broken: {sentence}");
    }
}
