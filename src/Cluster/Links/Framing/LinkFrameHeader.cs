namespace Warren.Cluster.Links;

/// <summary>What stands before a frame's body.</summary>
internal readonly record struct LinkFrameHeader(LinkClass Class, ushort Kind, int BodyBytes)
{
    public int SizeBytes => LinkFrame.HeaderBytes + BodyBytes;
}
