using System.Buffers.Binary;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// What a member's machine is after some entries: a chain of hashes stands for all of them. As a snapshot's content
/// each byte depends on it, so that a mix of two is neither.
/// </summary>
internal readonly record struct AppliedState(LogIndex Index, ulong Chain)
{
    public AppliedState After(LogIndex index, Term term, ulong hash)
    {
        if (index.Value != Index.Value + 1)
            throw new SimulationException($"{index} is applied behind {Index}");
        return new AppliedState(index, Mix(Mix(Chain ^ (ulong)term.Value) ^ hash));
    }

    public byte[] Content()
    {
        byte[] content = new byte[16 + (int)(Chain % 48)];
        BinaryPrimitives.WriteInt64LittleEndian(content, Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(8), Chain);
        for (int offset = 16; offset < content.Length; offset++)
            content[offset] = (byte)Mix(Chain + (ulong)offset);
        return content;
    }

    public static AppliedState Of(ReadOnlySpan<byte> content)
    {
        if (content.Length < 16)
            throw new SimulationException("a snapshot is cut");
        var state = new AppliedState(
            new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(content)),
            BinaryPrimitives.ReadUInt64LittleEndian(content[8..]));
        return state.Content().AsSpan().SequenceEqual(content)
            ? state
            : throw new SimulationException("a snapshot is damaged, or mixed of two");
    }

    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xFF51AFD7ED558CCD;
        value ^= value >> 33;
        value *= 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
