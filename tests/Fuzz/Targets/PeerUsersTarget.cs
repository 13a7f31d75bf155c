using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Fuzz.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;

namespace Warren.Fuzz.Targets;

/// <summary>
/// What a node that has proved the cookie sends to the parts of a whole broker: definitions, lines of queues, messages
/// and heartbeats of groups. Nothing of it may end the broker, fill its memory or keep it from serving its own clients.
/// </summary>
public sealed class PeerUsersTarget : FuzzTarget
{
    // Stands for a queue of this node, and for one of the other.
    private const long Here = 1;
    private const long There = 2;

    private const int MostTurns = 100_000;
    private const int HeadBytes = 3;

    // What one long message that has begun may hold, and what a broker has anyway.
    private const long MostHeldBytes = 32 * 1024 * 1024;

    private static readonly NodeId Self = Node(1);
    private static readonly NodeId Other = Node(2);

    private static readonly ushort[] Kinds =
    [
        DefinitionsFrame.Proposal, DefinitionsFrame.WantsSession, DefinitionsFrame.Status, LineFrame.Posts,
        LineFrame.Settlements, LineFrame.Deliveries, LineFrame.Verdicts, LineFrame.HomeReceipt, LineFrame.Receipt,
        LineFrame.Closed, LineFrame.Ended, LineFrame.AskCounts, LineFrame.Counts, LineFrame.Reply, LineFrame.Alarm,
        GroupFrameKind.Message, GroupFrameKind.Piece, GroupFrameKind.Heartbeats, GroupFrameKind.Answers, 0x03FF,
    ];

    /// <inheritdoc/>
    public override string Name => "peer-users";

    /// <summary>A broker, and the largest message that may be on its way.</summary>
    public override long AllowedBytes => 64L * 1024 * 1024;

    /// <inheritdoc/>
    public override long AllowedBytesPerInputByte => 4096;

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random)
    {
        List<byte> input = [];
        int[] numbers = new int[4];
        for (int count = random.Next(1, 20); count > 0; count--)
        {
            int kind = random.Next(Kinds.Length);
            byte[] body = Body(Kinds[kind], random, numbers);
            input.Add((byte)kind);
            input.Add((byte)body.Length);
            input.Add((byte)(body.Length >> 8));
            input.AddRange(body);
        }
        return [.. input];
    }

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        var turns = new SimulatedTurns(new Random(input.Length));
        var time = new ManualTime();
        var peers = new SilentPeers(Self);
        var watcher = new Watcher();
        using var broker = new MessageBroker(
            new BrokerOptions { MemoryHighWatermarkBytes = long.MaxValue / 2 }, turns, time, new Random(1),
            watcher.Log,
            new StorageSetup(
                new MemoryDisk(), new NodeLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 0 }, watcher,
                () => { }),
            new ClusterSetup
            {
                Self = Self,
                Name = Named("rabbit@here"),
                Peers = peers,
                Transport = peers,
                Founders = [Self],
            });
        (long here, long there) = Prepare(broker, turns);
        var other = new PeerIdentity { Name = Named("rabbit@there"), NodeId = Other, Process = 7 };
        peers.SetUp(other, isUp: true);
        var assembly = new MessageAssembly(new GroupTransportOptions());
        for (ReadOnlySpan<byte> rest = input; rest.Length >= HeadBytes;)
        {
            ushort kind = Kinds[rest[0] % Kinds.Length];
            int size = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]), rest.Length - HeadBytes);
            byte[] body = rest.Slice(HeadBytes, size).ToArray();
            rest = rest[(HeadBytes + size)..];
            Arrive(peers, assembly, kind, Addressed(kind, body, here, there));
            turns.Run(size % 7);
        }
        Settle(broker, turns);
        peers.SetUp(other, isUp: false);
        for (int passed = 0; passed < 12; passed++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Settle(broker, turns);
        }
        CheckSoundness(broker, turns, watcher);
    }

    private static void Arrive(SilentPeers peers, MessageAssembly assembly, ushort kind, byte[] body)
    {
        switch (kind)
        {
            case GroupFrameKind.Message:
                if (RaftMessageFormat.Read(body) is { } message)
                    peers.Receive(Other, message);
                break;
            case GroupFrameKind.Piece:
                assembly.TryAdd(body, out _, out _);
                FuzzException.Unless(assembly.OpenBytes <= MostHeldBytes, $"{assembly.OpenBytes} bytes of pieces");
                break;
            case GroupFrameKind.Heartbeats:
                peers.Beat(Other, HeartbeatFrameKind.Heartbeats, body);
                break;
            case GroupFrameKind.Answers:
                peers.Beat(Other, HeartbeatFrameKind.Answers, body);
                break;
            default:
                peers.Arrive(Other, kind, body);
                break;
        }
    }

    private static byte[] Addressed(ushort kind, byte[] body, long here, long there)
    {
        if (kind is < LineFrame.Posts or > LineFrame.Ended || body.Length < 8)
            return body;
        long queue = BinaryPrimitives.ReadInt64LittleEndian(body);
        if (queue is Here or There)
            BinaryPrimitives.WriteInt64LittleEndian(body, queue == Here ? here : there);
        return body;
    }

    private static (long Here, long There) Prepare(MessageBroker broker, SimulatedTurns turns)
    {
        Settle(broker, turns);
        Declare(broker, turns, "here");
        broker.Definitions.Post(new PlainChange(store => store.Commit(new QueueEntry
        {
            Vhost = "/",
            Name = "there",
            Durable = true,
            HomeNode = Other,
            DeclaredArguments = FieldTable.Empty,
        })));
        Settle(broker, turns);
        return (IdOf(broker, "here"), IdOf(broker, "there"));
    }

    private static long IdOf(MessageBroker broker, string queue) =>
        broker.AllQueues().First(one => one.Name == queue).Id.Value;

    private static void Declare(MessageBroker broker, SimulatedTurns turns, string queue)
    {
        Task declared = broker.Operations.DeclareAsync("/", queue, true, false, FieldTable.Empty);
        Settle(broker, turns);
        FuzzException.Unless(declared.IsCompletedSuccessfully, $"{queue} cannot be declared: {declared.Exception}");
    }

    private static void Settle(MessageBroker broker, SimulatedTurns turns)
    {
        bool isBusy = true;
        for (int round = 0; isBusy; round++)
        {
            FuzzException.Unless(round < MostTurns, "turns without end");
            turns.Run(100);
            isBusy = turns.AreWaiting || broker.Storage!.CommitRound() == CommitOutcome.Committed;
        }
    }

    private static void CheckSoundness(MessageBroker broker, SimulatedTurns turns, Watcher watcher)
    {
        FuzzException.Unless(watcher.Critical is null, $"the broker logs: {watcher.Critical}");
        FuzzException.Unless(
            broker.Slabs.OutstandingBytes <= MostHeldBytes, $"{broker.Slabs.OutstandingBytes} bytes are held");
        Declare(broker, turns, "later");
        FuzzException.Unless(
            broker.AllQueues().Any(queue => queue.Name == "later" && queue.Home is Queue), "a new queue is not there");
    }

    private static byte[] Body(ushort kind, Random random, int[] numbers)
    {
        switch (kind)
        {
            case DefinitionsFrame.Proposal:
                byte[] whole = Samples.Bytes(random, 60);
                return whole.Length == 0
                    ? [0]
                    : DefinitionsFrame.Piece(random.Next(2000), random.Next(3), whole, offset: 0);
            case DefinitionsFrame.WantsSession or DefinitionsFrame.Status:
                return DefinitionsFrame.Numbers(random.Next(5), random.Next(2000), random.Next(2000));
            case >= LineFrame.Posts and <= LineFrame.Verdicts:
                return Lane(kind, random, ++numbers[kind - LineFrame.Posts]);
            case >= LineFrame.HomeReceipt and <= LineFrame.Ended:
                byte[] receipt = new byte[LineFrame.ReceiptBytes];
                LineFrame.WriteReceipt(
                    receipt, Queue(kind), random.Next(1, 3), random.Next(4), random.Next(4), random.Next(1 << 21));
                return receipt;
            default:
                return Samples.Bytes(random, 60);
        }
    }

    private static long Queue(ushort kind) =>
        kind is LineFrame.Posts or LineFrame.Settlements or LineFrame.Receipt or LineFrame.Ended ? Here : There;

    private static byte[] Lane(ushort kind, Random random, int number)
    {
        byte[] frame = new byte[LineFrame.HeaderBytes + 200];
        LineFrame.WriteHeader(frame, Queue(kind), 1, number, (byte)(random.Next(12) == 0 ? random.Next(4) : 0));
        int at = LineFrame.HeaderBytes;
        for (int items = random.Next(1, 4); items > 0; items--)
            at += Item(frame.AsSpan(at), kind, random);
        return frame[..at];
    }

    // With the fields of its kind, all of them small numbers.
    private static int Item(Span<byte> room, ushort kind, Random random)
    {
        LineItemKind[] kinds =
        [
            .. Enum.GetValues<LineItemKind>().Where(one => (byte)one / 16 == kind - LineFrame.Posts
                || (kind == LineFrame.Posts && one < LineItemKind.Acknowledge)),
        ];
        LineItemKind item = kinds[random.Next(kinds.Length)];
        room[0] = (byte)item;
        switch (item)
        {
            case LineItemKind.Publish:
                room[2] = (byte)random.Next(3);
                BinaryPrimitives.WriteInt64LittleEndian(room[3..], random.Next(1, 9));
                BinaryPrimitives.WriteInt64LittleEndian(room[11..], random.Next(3) - 1);
                return 19 + Message(room[19..], random);
            case LineItemKind.Acknowledge or LineItemKind.Reject or LineItemKind.Requeue or LineItemKind.Return
                or LineItemKind.Undelivered:
                BinaryPrimitives.WriteInt32LittleEndian(room[1..], random.Next(4));
                BinaryPrimitives.WriteInt64LittleEndian(room[5..], random.Next(4));
                return 13;
            case LineItemKind.AddConsumer:
                BinaryPrimitives.WriteInt64LittleEndian(room[2..], random.Next(1, 4));
                BinaryPrimitives.WriteInt64LittleEndian(room[10..], random.Next(3));
                BinaryPrimitives.WriteInt32LittleEndian(room[22..], random.Next(20));
                BinaryPrimitives.WriteInt64LittleEndian(room[26..], -1);
                return 39;
            case LineItemKind.Deliver or LineItemKind.GetOk:
                BinaryPrimitives.WriteInt64LittleEndian(room[2..], random.Next(3));
                return 30 + Message(room[30..], random);
            default:
                room[1] = (byte)random.Next(4);
                BinaryPrimitives.WriteInt64LittleEndian(room[2..], random.Next(4));
                BinaryPrimitives.WriteInt64LittleEndian(room[10..], random.Next(4));
                return random.Next(9, 26);
        }
    }

    private static int Message(Span<byte> room, Random random)
    {
        int bodyBytes = random.Next(10);
        BinaryPrimitives.WriteUInt16LittleEndian(room, 4);
        BinaryPrimitives.WriteInt32LittleEndian(room[2..], 2);
        BinaryPrimitives.WriteInt32LittleEndian(room[6..], bodyBytes);
        room[10] = 1;
        room[11] = (byte)'x';
        room[12] = 1;
        room[13] = (byte)'k';
        return 16 + bodyBytes;
    }

    private static NodeName Named(string text) =>
        NodeName.TryParse(text, out NodeName name) ? name : throw new FuzzException($"{text} is no name");

    private static NodeId Node(int number)
    {
        Span<byte> bytes = stackalloc byte[NodeId.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return NodeId.Read(bytes);
    }

    private sealed class PlainChange(Action<DefinitionsStore> change) : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store) => change(store);
    }

    private sealed class Watcher : IStorageWatcher
    {
        public string? Critical { get; private set; }

        public void Log(LogLevel level, LogCategory category, string line)
        {
            if (level >= LogLevel.Critical)
                Critical ??= line;
        }

        public void SpaceChanged(bool isExhausted, string message)
        {
        }

        public void Failed(StorageFailedException error) => Critical ??= error.Message;

        public void Damaged(string message) => Critical ??= message;
    }
}
