using System.Runtime.InteropServices;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Channels;

/// <summary>
/// Where messages with the same exchange and routing key went last time, with the permission checked: most publishes of
/// a channel repeat a few keys. Valid for one value of the vhost and one of the security snapshot; owned by the
/// connection's turn. Bounded; keys that a client chose to collide only replace each other.
/// </summary>
internal sealed class RouteCache
{
    private const int FirstSlots = 16;
    private const int MostSlots = 4096;
    private const int MostProbes = 8;

    private Entry[] _entries = [];
    private int _count;
    private Vhost? _vhost;
    private SecuritySnapshot? _security;

    /// <summary>The queues for this envelope (exchange and key, as short strings), or null.</summary>
    public QueueDefinition[]? Find(Vhost? vhost, SecuritySnapshot security, ReadOnlySpan<byte> envelope)
    {
        if (!ReferenceEquals(vhost, _vhost) || !ReferenceEquals(security, _security))
        {
            Clear();
            _vhost = vhost;
            _security = security;
            return null;
        }
        if (_count == 0)
            return null;
        int hash = HashOf(envelope);
        for (int probe = 0; probe < MostProbes; probe++)
        {
            ref Entry entry = ref _entries[(hash + probe) & (_entries.Length - 1)];
            if (entry.Envelope is null)
                return null;
            if (entry.Hash == hash && envelope.SequenceEqual(entry.Envelope))
                return entry.Queues;
        }
        return null;
    }

    /// <summary>Remembers; must follow a <see cref="Find"/> with the same snapshots.</summary>
    public void Add(ReadOnlySpan<byte> envelope, ReadOnlySpan<QueueDefinition> queues)
    {
        if (_count >= _entries.Length / 2)
            Grow();
        int hash = HashOf(envelope);
        int at = hash & (_entries.Length - 1);
        for (int probe = 0; probe < MostProbes; probe++)
        {
            at = (hash + probe) & (_entries.Length - 1);
            if (_entries[at].Envelope is null)
                break;
        }
        _entries[at] = new Entry(hash, envelope.ToArray(), queues.ToArray());
        _count++;
    }

    // It begins anew rather than move its entries: they come back with the next messages.
    private void Grow()
    {
        Clear();
        if (_entries.Length < MostSlots)
            _entries = new Entry[Math.Max(FirstSlots, _entries.Length * 4)];
    }

    private void Clear()
    {
        if (_count > 0)
            Array.Clear(_entries);
        _count = 0;
    }

    private static int HashOf(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0x9E3779B97F4A7C15UL ^ (ulong)bytes.Length;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        ulong rest = 0;
        foreach (byte octet in bytes)
            rest = (rest << 8) | octet;
        hash = Mix(hash, rest);
        return (int)(hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0xFF51AFD7ED558CCDUL;
        return hash ^ (hash >> 29);
    }

    private readonly record struct Entry(int Hash, byte[]? Envelope, QueueDefinition[] Queues);
}
