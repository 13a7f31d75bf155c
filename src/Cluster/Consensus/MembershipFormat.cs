namespace Warren.Cluster.Consensus;

/// <summary>
/// The meta of entries that are consensus's own, and memberships wherever they are written (docs/formats/raft.md). The
/// first byte of such a meta is 0; no owner's is.
/// </summary>
internal static class MembershipFormat
{
    private const byte Own = 0;
    private const byte Version = 1;
    private const byte EmptyKind = 0;
    private const byte MembershipKind = 1;
    private const int HeadBytes = 3;
    private const int MemberBytes = 1 + NodeId.SizeBytes;

    /// <summary>Of the entry with which a leader begins.</summary>
    public static ReadOnlyMemory<byte> EmptyMeta { get; } = new byte[] { Own, Version, EmptyKind };

    public static byte[] Meta(Membership members)
    {
        byte[] meta = new byte[HeadBytes + SizeBytes(members)];
        meta[0] = Own;
        meta[1] = Version;
        meta[2] = MembershipKind;
        Write(members, meta.AsSpan(HeadBytes));
        return meta;
    }

    /// <summary>False if it is neither an owner's nor one of ours that this version knows.</summary>
    public static bool TryKind(ReadOnlySpan<byte> meta, out EntryKind kind)
    {
        kind = EntryKind.Payload;
        if (meta.IsEmpty || meta[0] != Own)
            return true;
        if (meta.SequenceEqual(EmptyMeta.Span))
        {
            kind = EntryKind.Empty;
            return true;
        }
        kind = EntryKind.Membership;
        return TryRead(meta, out _);
    }

    /// <summary>The members that an entry's meta names.</summary>
    public static bool TryRead(ReadOnlySpan<byte> meta, out Membership? members)
    {
        members = null;
        return meta.Length > HeadBytes && meta[0] == Own && meta[1] == Version && meta[2] == MembershipKind
            && TryReadMembers(meta[HeadBytes..], out members, out int read) && read == meta.Length - HeadBytes;
    }

    public static int SizeBytes(Membership members) => 1 + members.Members.Length * MemberBytes;

    public static int Write(Membership members, Span<byte> bytes)
    {
        bytes[0] = (byte)members.Members.Length;
        int offset = 1;
        foreach (Member member in members.Members)
        {
            bytes[offset] = member.IsVoter ? (byte)1 : (byte)0;
            member.Id.Write(bytes[(offset + 1)..]);
            offset += MemberBytes;
        }
        return offset;
    }

    /// <summary>False if bytes are missing, a role is unknown, or the members are not in rising order.</summary>
    public static bool TryReadMembers(ReadOnlySpan<byte> bytes, out Membership? members, out int read)
    {
        members = null;
        read = 0;
        if (bytes.IsEmpty || bytes.Length < 1 + bytes[0] * MemberBytes)
            return false;
        var found = new Member[bytes[0]];
        int offset = 1;
        for (int index = 0; index < found.Length; index++, offset += MemberBytes)
        {
            var id = NodeId.Read(bytes[(offset + 1)..]);
            if (bytes[offset] > 1 || id.IsNone || (index > 0 && id <= found[index - 1].Id))
                return false;
            found[index] = new Member(id, bytes[offset] == 1);
        }
        members = found.Length == 0 ? Membership.Empty : new Membership(found);
        read = offset;
        return true;
    }
}
