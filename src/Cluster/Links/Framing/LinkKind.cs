namespace Warren.Cluster.Links;

/// <summary>
/// Kinds of frames that the links keep to themselves. Every class has its own kinds; those of class
/// <see cref="LinkClass.Control"/> from <see cref="FirstReserved"/> on are the links', all others their owner's.
/// </summary>
internal static class LinkKind
{
    public const ushort FirstReserved = 0xFF00;

    // Of class Link.
    public const ushort Heartbeat = 1;
    public const ushort Credit = 2;
    public const ushort Reachability = 3;
    public const ushort Goodbye = 4;

    // Of class Control.
    public const ushort Relayed = 0xFF01;
    public const ushort RelayRefused = 0xFF02;
}
