using System.Buffers.Binary;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster.Peers;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The frames between a queue's home and its stand-ins (docs/formats/queues-between-nodes.md). Little-endian.
/// </summary>
internal static class LineFrame
{
    /// <summary>Publishes and requests, to the home. Class Publishes.</summary>
    public const ushort Posts = PeerFrameKind.FirstOfQueues;

    /// <summary>Consumers, settlements and windows, to the home. Class Acknowledgements.</summary>
    public const ushort Settlements = PeerFrameKind.FirstOfQueues + 1;

    /// <summary>Deliveries and answers, from the home. Class Deliveries.</summary>
    public const ushort Deliveries = PeerFrameKind.FirstOfQueues + 2;

    /// <summary>Verdicts on publishes, from the home. Class Acknowledgements.</summary>
    public const ushort Verdicts = PeerFrameKind.FirstOfQueues + 3;

    /// <summary>How far the home has received. Class Acknowledgements.</summary>
    public const ushort HomeReceipt = PeerFrameKind.FirstOfQueues + 4;

    /// <summary>How far the stand-in has received. Class Acknowledgements.</summary>
    public const ushort Receipt = PeerFrameKind.FirstOfQueues + 5;

    /// <summary>The home knows no such line, or has given it up. Class Acknowledgements.</summary>
    public const ushort Closed = PeerFrameKind.FirstOfQueues + 6;

    /// <summary>The stand-in has given the line up. Class Acknowledgements.</summary>
    public const ushort Ended = PeerFrameKind.FirstOfQueues + 7;

    /// <summary>Asks for the counts of all queues. Class Control.</summary>
    public const ushort AskCounts = PeerFrameKind.FirstOfQueues + 8;

    /// <summary>Counts of queues. Class Control.</summary>
    public const ushort Counts = PeerFrameKind.FirstOfQueues + 9;

    /// <summary>A direct reply, or a piece of one. Class Deliveries.</summary>
    public const ushort Reply = PeerFrameKind.FirstOfQueues + 10;

    /// <summary>The node stops publishers, or lets them go on. Class Control.</summary>
    public const ushort Alarm = PeerFrameKind.FirstOfQueues + 11;

    /// <summary>Asks who consumes from the queues of a vhost. Class Control.</summary>
    public const ushort AskConsumers = PeerFrameKind.FirstOfQueues + 12;

    /// <summary>A page of consumers. Class Control.</summary>
    public const ushort Consumers = PeerFrameKind.FirstOfQueues + 13;

    /// <summary>How far the leader of a replicated queue has received, and committed. Class Acknowledgements.</summary>
    public const ushort LeaderReceipt = PeerFrameKind.FirstOfQueues + 14;

    /// <summary>Replicated queues that the node leads. Class Control.</summary>
    public const ushort Leads = PeerFrameKind.FirstOfQueues + 15;

    /// <summary>Of queues that another node leads: clients of this one hold nothing there. Class Control.</summary>
    public const ushort HoldsNothing = PeerFrameKind.FirstOfQueues + 16;

    /// <summary>Members of replicated queues that the node leads. Class Control.</summary>
    public const ushort Members = PeerFrameKind.FirstOfQueues + 17;

    /// <summary>What time it is in queues that the node leads, or that it asks for it. Class Control.</summary>
    public const ushort Times = PeerFrameKind.FirstOfQueues + 18;

    /// <summary>To a leader that has asked: what is known of it. Class Control.</summary>
    public const ushort KnownTimes = PeerFrameKind.FirstOfQueues + 19;

    /// <summary>To a leader: another member is to lead (<see cref="LeaderMoves"/>). Class Control.</summary>
    public const ushort MoveLeader = PeerFrameKind.FirstOfQueues + 20;

    /// <summary>
    /// Of queues that another node leads: this one does not reach it, but for others. Class Control.
    /// </summary>
    public const ushort Unreached = PeerFrameKind.FirstOfQueues + 21;

    /// <summary>Every frame of a line begins with the queue's id and the line's number.</summary>
    public const int AddressBytes = 16;

    /// <summary>Address, why.</summary>
    public const int ClosedBytes = AddressBytes + 1;

    /// <summary>A lane's frame: address, number in the lane, flags.</summary>
    public const int HeaderBytes = AddressBytes + 8 + 1;

    /// <summary>Address, two lanes' numbers, the window.</summary>
    public const int ReceiptBytes = AddressBytes + 24;

    /// <summary>A receipt, and up to which settlements frame all is committed.</summary>
    public const int LeaderReceiptBytes = ReceiptBytes + 8;

    /// <summary>A queue's id and its leader's term.</summary>
    public const int LeadershipBytes = 16;

    /// <summary>It begins within an item that the frame before it began.</summary>
    public const byte BeginsInside = 1;

    /// <summary>Its last item goes on in the next frame.</summary>
    public const byte GoesOn = 2;

    /// <summary>The line goes to the leader of a replicated queue; of frames that a stand-in sends.</summary>
    public const byte OfReplicated = 4;

    public static long QueueOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame);

    public static long LineOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[8..]);

    public static long NumberOf(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadInt64LittleEndian(frame[AddressBytes..]);

    public static byte FlagsOf(ReadOnlySpan<byte> frame) => frame[AddressBytes + 8];

    public static void WriteAddress(Span<byte> frame, long queue, long line)
    {
        BinaryPrimitives.WriteInt64LittleEndian(frame, queue);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], line);
    }

    public static void WriteClosed(Span<byte> frame, long queue, long line, LineClosed why)
    {
        WriteAddress(frame, queue, line);
        frame[AddressBytes] = (byte)why;
    }

    public static void WriteHeader(Span<byte> frame, long queue, long line, long number, byte flags)
    {
        WriteAddress(frame, queue, line);
        BinaryPrimitives.WriteInt64LittleEndian(frame[AddressBytes..], number);
        frame[AddressBytes + 8] = flags;
    }

    public static void WriteReceipt(Span<byte> frame, long queue, long line, long first, long second, long window)
    {
        WriteAddress(frame, queue, line);
        BinaryPrimitives.WriteInt64LittleEndian(frame[AddressBytes..], first);
        BinaryPrimitives.WriteInt64LittleEndian(frame[(AddressBytes + 8)..], second);
        BinaryPrimitives.WriteInt64LittleEndian(frame[(AddressBytes + 16)..], window);
    }
}
