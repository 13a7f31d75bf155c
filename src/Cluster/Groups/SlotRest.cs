using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Groups;

/// <summary>That a group which is led here rests with one of its members.</summary>
/// <param name="With">The member's node.</param>
/// <param name="Line">What holds for as long.</param>
/// <param name="Number">The frame that has told so.</param>
internal readonly record struct SlotRest(LedRest With, Heartbeat Line, long Number)
{
    /// <summary>The member's node has it so.</summary>
    public bool IsConfirmed => Number <= With.Confirmed;
}
