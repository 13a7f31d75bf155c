using System.Net.Security;
using System.Net.Sockets;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Broker.Turns;

namespace Warren.Broker.Connections;

/// <summary>
/// One client. Everything that happens to it is an event in its mailbox, handled in its turn: bytes received, answers
/// of queues, alarms, heartbeats. The turn owns the input buffer, the handshake, the channels and what they have
/// gathered to post; it never waits. Its <see cref="InputLoop"/> runs the turn inline when bytes come, so that a
/// message goes from the socket to its queue's mailbox on one thread.
/// Invariants: the input loop reads only while the turn allows it; after <see cref="ConnectionState.Closed"/> no
/// channel is left and everything unsettled is on its way back to its queue.
/// </summary>
public sealed class Connection : Mailbox<ConnectionEvent>
{
    /// <summary>
    /// Frames kept for channels that wait for an answer or an alarm; beyond it the socket is not read.
    /// </summary>
    private const int DeferredLimitBytes = 512 * 1024;

    /// <summary>So few may each read as much as they like: together they still fit a processor's cache.</summary>
    private const int FewConnections = 32;

    private readonly Stream _stream;
    private readonly Socket? _socket;
    private readonly InputBuffer _input = new();
    private readonly InputLoop _inputLoop;
    private readonly OutputLoop _outputLoop;
    private readonly FrameDispatch _frames;
    private readonly BatchSet<QueueHome, QueueCommand> _posts;
    private bool _isReading = true;
    private bool _isUnread;
    private bool _hasEnded;
    private bool _shutsSocket = true;
    private long _lastReceivedTimestamp;
    private long _receivedBytes;
    private long _receives;

    internal Connection(long id, MessageBroker broker, Stream stream, Socket? socket, ConnectionPeer peer)
        : base(broker.Turns)
    {
        Id = id;
        Broker = broker;
        Peer = peer;
        _stream = stream;
        _socket = socket;
        OpenedTimestamp = broker.Time.GetTimestamp();
        OpenedAt = broker.Time.GetUtcNow();
        _lastReceivedTimestamp = OpenedTimestamp;
        Action resume = () => Post(new ConnectionEvent(ConnectionEventKind.CreditReturned));
        Outbox = new Outbox(broker.Turns, resume);
        _outputLoop = new OutputLoop(stream, Outbox, broker.Time);
        _inputLoop = new InputLoop(stream, _input, broker.Turns);
        Credit = new PublishCredit(resume);
        Slabs = new SlabWriter(broker.Slabs);
        Handshake = new Handshake(this);
        Channels = new ChannelTable(this);
        PublishBlock = new PublishBlock(this);
        _frames = new FrameDispatch(this);
        _posts = new BatchSet<QueueHome, QueueCommand>(static (queue, commands) => queue.PostOrRun(commands), Charge);
        Routes = new RouteSet(broker.NewRandom());
        FrameMaxBytes = broker.Options.InitialFrameMaxBytes;
    }

    /// <summary>Unique on this node since it started.</summary>
    public long Id { get; }

    public ConnectionPeer Peer { get; }

    public MessageBroker Broker { get; }

    public Outbox Outbox { get; }

    public ConnectionState State { get; internal set; }

    /// <summary>Set when the client has logged in.</summary>
    public User? User { get; internal set; }

    /// <summary>Set by connection.open.</summary>
    public string VhostName { get; internal set; } = "";

    public int FrameMaxBytes { get; private set; }

    public ushort ChannelMax { get; internal set; }

    /// <summary>Seconds, as negotiated; 0 is none.</summary>
    public ushort HeartbeatSeconds { get; internal set; }

    public long OpenedTimestamp { get; }

    /// <summary>For people; time is measured by <see cref="OpenedTimestamp"/>.</summary>
    public DateTimeOffset OpenedAt { get; }

    internal Handshake Handshake { get; }

    internal ChannelTable Channels { get; }

    internal PublishCredit Credit { get; }

    internal SlabWriter Slabs { get; }

    /// <summary>Scratch of whatever is being routed.</summary>
    internal RouteSet Routes { get; }

    /// <summary>Set with the vhost.</summary>
    internal PermissionCache Permissions { get; set; } = null!;

    /// <summary>Whether alarms stop its publishes.</summary>
    internal PublishBlock PublishBlock { get; }

    /// <summary>It has declared an exclusive queue.</summary>
    internal bool OwnsQueues { get; set; }

    /// <summary>Bytes of frames that wait for their channel.</summary>
    internal int DeferredBytes { get; set; }

    /// <summary>When bytes last came in, a timestamp of the time provider; read by the heartbeat's tick.</summary>
    internal long LastReceivedTimestamp => Volatile.Read(ref _lastReceivedTimestamp);

    internal long LastWriteTimestamp => _outputLoop.LastWriteTimestamp;

    /// <summary>The socket is not read at the moment, so silence is not the client's.</summary>
    internal bool IsHeldBack => !Volatile.Read(ref _isReading);

    /// <summary>The socket is not read because the client does not read.</summary>
    internal bool IsUnread => Volatile.Read(ref _isUnread);

    /// <summary>The published topology's vhost; null when it was deleted.</summary>
    internal Vhost? Vhost => Broker.Topology.Vhosts.TryGetValue(VhostName, out Vhost? vhost) ? vhost : null;

    /// <summary>Runs the connection's loops until both have ended.</summary>
    public async Task RunAsync()
    {
        Task output = RunOutputAsync();
        await _inputLoop.RunAsync(OnInput).ConfigureAwait(false);
        await output.ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _input.Release();
    }

    /// <summary>Asks the connection to close with connection.close (320), as the node stops.</summary>
    public void Shutdown(string reason) =>
        Post(new ConnectionEvent(
            ConnectionEventKind.Shutdown, Subject: new AmqpException(ReplyCode.ConnectionForced, reason)));

    /// <summary>How it is; told by its turn.</summary>
    public Task<ConnectionStatus> DescribeAsync()
    {
        var described = new TaskCompletionSource<ConnectionStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new ConnectionEvent(ConnectionEventKind.Described, Subject: described));
        return described.Task;
    }

    /// <summary>
    /// Adds to what this turn posts. <paramref name="weightBytes"/> is held against the connection until the queue has
    /// handled it.
    /// </summary>
    internal void AddPost(QueueHome queue, in QueueCommand command, int weightBytes = 0) =>
        _posts.Add(queue, command, weightBytes);

    /// <summary>Handles a frame that had to wait.</summary>
    internal void Dispatch(ReadOnlySpan<byte> raw, Frame frame) => _frames.Handle(raw, frame);

    internal void SetFrameMax(int frameMaxBytes)
    {
        FrameMaxBytes = frameMaxBytes;
        _outputLoop.SetFrameMax(frameMaxBytes);
    }

    /// <summary>Sends a method that carries no content.</summary>
    internal void Send<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        Outbox.Post(OutboxItem.Frames(Encode(channel, method)));
    }

    /// <summary>Sends the channel.close or close-ok with which the server's side of a channel ends.</summary>
    internal void SendLast<TMethod>(Channel channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct =>
        Outbox.Post(OutboxItem.ChannelEnd(channel.Deliveries, Encode(channel.Number, method)));

    /// <summary>Sends connection.close or close-ok; nothing but the other of them goes out after it.</summary>
    internal void SendGoodbye<TMethod>(scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct =>
        Outbox.Post(OutboxItem.ConnectionEnd(Encode(0, method)));

    /// <summary>
    /// Ends the output after what is already in it. The socket is shut then, unless the client has said goodbye: he
    /// closes it himself, as with RabbitMQ.
    /// </summary>
    internal void Finish(bool shutsSocket = true)
    {
        _shutsSocket = shutsSocket;
        if (State == ConnectionState.Closed)
            return;
        State = ConnectionState.Closed;
        Channels.CloseAll();
        Outbox.Post(OutboxItem.End());
        Broker.Connections.ExpectEnd(this);
    }

    /// <summary>
    /// The one place where a client's mistake becomes a close; <paramref name="channel"/> is null for channel 0.
    /// </summary>
    internal void Fail(AmqpException error, Channel? channel)
    {
        if (State >= ConnectionState.Closing || channel is { IsEnded: true })
            return;
        if (channel is not null && !error.ClosesConnection)
        {
            Broker.Log(
                LogLevel.Error, LogCategory.Channel,
                $"Channel error on connection {Peer.Name}, vhost '{VhostName}', channel {channel.Number}: "
                + $"{error.ReplyText}");
            channel.CloseWith(error);
            return;
        }
        Broker.Log(
            LogLevel.Error, LogCategory.Connection,
            $"Error on connection {Peer.Name}, user '{User?.Name}': {error.ReplyText}");
        Channels.CloseAll();
        State = ConnectionState.Closing;
        Handshake.GoWithOwned(error);
    }

    protected override void Handle(ReadOnlySpan<ConnectionEvent> batch)
    {
        try
        {
            foreach (ref readonly ConnectionEvent happened in batch)
                HandleOne(happened);
            EndTurn();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Our own mistake, but nothing outside this connection has seen it: it is given up, the node goes on.
            Broker.Log(
                LogLevel.Critical,
                LogCategory.Connection,
                $"Connection {Peer.Name} is given up after an error of the broker: {error}");
            GiveUp();
        }
    }

    private void HandleOne(in ConnectionEvent happened)
    {
        try
        {
            HandleEvent(happened);
        }
        catch (AmqpException error)
        {
            Fail(error, happened.Channel);
        }
    }

    private ConnectionStatus Describe() => new()
    {
        Connection = this,
        State = State,
        IsBlocked = PublishBlock.IsOn,
        Mechanism = Handshake.Mechanism,
        ClientProperties = Handshake.Client.Properties,
        ReceivedBytes = _receivedBytes,
        Receives = _receives,
        SentBytes = _outputLoop.WrittenBytes,
        Sends = _outputLoop.Writes,
        WaitingBytes = Outbox.WaitingBytes,
        Channels = [.. Channels.All.OrderBy(channel => channel.Number).Select(channel => channel.Describe())],
    };

    private void GiveUp()
    {
        Terminate();
        _posts.Flush();
        _inputLoop.Continue(1);
    }

    private void OnInput(int count) =>
        PostInline(
            new ConnectionEvent(count > 0 ? ConnectionEventKind.Received : ConnectionEventKind.InputEnded, count));

    private void HandleEvent(in ConnectionEvent happened)
    {
        switch (happened.Kind)
        {
            case ConnectionEventKind.Received:
                Volatile.Write(ref _isReading, false);
                _input.Commit(happened.Count, Broker.Connections.Count > FewConnections);
                _receivedBytes += happened.Count;
                _receives++;
                Volatile.Write(ref _lastReceivedTimestamp, Broker.Time.GetTimestamp());
                break;
            case ConnectionEventKind.InputEnded:
                Volatile.Write(ref _isReading, false);
                _hasEnded = true;
                Terminate();
                break;
            case ConnectionEventKind.Resume:
                happened.Channel!.Resume();
                break;
            case ConnectionEventKind.Failed:
                // A channel that has ended meanwhile, by another mistake, has told the client what it has to know.
                if (happened.Channel!.IsEnded)
                    break;
                happened.Channel.Unsuspend();
                throw (AmqpException)happened.Subject!;
            case ConnectionEventKind.LooksAgain:
                if (!happened.Channel!.IsEnded)
                    happened.Channel.LookAgain((QueueRequest)happened.Subject!);
                break;
            case ConnectionEventKind.ConsumerEnded:
                happened.Channel!.Consumers.Ended((Consumer)happened.Subject!);
                break;
            case ConnectionEventKind.ConsumerOverdue:
                happened.Channel!.Consumers.FreePlaces((Consumer)happened.Subject!);
                break;
            case ConnectionEventKind.PlaceReturned:
                happened.Channel!.Consumers.GiveBack(happened.Count);
                break;
            case ConnectionEventKind.AlarmChanged:
                PublishBlock.Look();
                break;
            case ConnectionEventKind.HeartbeatDue:
                // What waits to be written says as much, and a client that does not read gathers no heartbeats.
                if (Outbox.IsEmpty)
                    Outbox.Post(OutboxItem.Frames(Heartbeats.Frame));
                // It is quiet: what it published last must not keep a slab from being filled by others.
                Slabs.Retire();
                break;
            case ConnectionEventKind.OutputEnded:
                if (State == ConnectionState.Closed)
                    break;
                Terminate();
                break;
            case ConnectionEventKind.TimedOut:
                Broker.Log(
                    LogLevel.Error, LogCategory.Connection, $"Closing connection {Peer.Name}: {happened.Subject}");
                Terminate();
                break;
            case ConnectionEventKind.Shutdown:
                Fail((AmqpException)happened.Subject!, null);
                break;
            case ConnectionEventKind.OwnedDeleted:
                Handshake.SayGoodbye((AmqpException?)happened.Subject);
                break;
            case ConnectionEventKind.Described:
                ((TaskCompletionSource<ConnectionStatus>)happened.Subject!).TrySetResult(Describe());
                break;
        }
    }

    // After every batch: cut what frames there are, post what they asked, and let the input loop go on if it may.
    private void EndTurn()
    {
        if (_isReading || _hasEnded)
        {
            _posts.Flush();
            return;
        }
        int wantedBytes = 1;
        bool isStarved = true;
        if (State == ConnectionState.Closed)
            _input.Take(_input.Unread.Length);
        else
            isStarved = _frames.Process(_input, DeferredLimitBytes, out wantedBytes);
        _posts.Flush();
        bool isUnread = Outbox.MustWait();
        Volatile.Write(ref _isUnread, isUnread);
        if (isUnread || !isStarved || Credit.MustWait())
            return;
        // What the client sent while it was held back is unread: its silence begins now.
        Volatile.Write(ref _lastReceivedTimestamp, Broker.Time.GetTimestamp());
        Volatile.Write(ref _isReading, true);
        _inputLoop.Continue(wantedBytes);
    }

    private static byte[] Encode<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        byte[] frame = new byte[FrameWriter.MethodFrameBytes(method)];
        FrameWriter.WriteMethod(frame, channel, method);
        return frame;
    }

    private QueueCommand Charge(int weightBytes)
    {
        Credit.Take(weightBytes);
        return QueueCommand.Credit(Credit, weightBytes);
    }

    // The client must see the end of what was sent before the socket goes: the sending half is shut first, then what
    // the client still sends is read and thrown away until it closes too or the registry loses patience.
    private async Task RunOutputAsync()
    {
        await _outputLoop.RunAsync().ConfigureAwait(false);
        // A connection that is held back does not read, so that this alone tells it that the socket is gone.
        Post(new ConnectionEvent(ConnectionEventKind.OutputEnded));
        if (!Volatile.Read(ref _shutsSocket))
            return;
        try
        {
            if (_stream is SslStream tls)
                await tls.ShutdownAsync().ConfigureAwait(false);
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (
            error is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone already.
        }
    }

    // The socket is gone or given up: everything goes back, nothing is said.
    private void Terminate()
    {
        Finish();
        Slabs.Retire();
        // Out of the registry first: a declaration that is applied from now on finds its owner gone.
        Broker.Connections.Remove(this);
        if (OwnsQueues)
            Broker.Definitions.DeleteOwned(Id, null);
        OwnsQueues = false;
        _stream.Dispose();
    }
}
