using System.Buffers.Binary;
using System.Text;

namespace Warren.Load;

/// <summary>
/// One connection with one channel, used synchronously: logging in, declaring, subscribing, closing.
/// The measured loops take over its <see cref="Link"/>, together with bytes that were received too early.
/// </summary>
internal sealed class Session : IDisposable
{
    internal const int Channel = 1;
    /// <summary>queue.declare: the queue outlives the broker's process.</summary>
    internal const int DurableFlag = 2;
    /// <summary>queue.declare: the queue is its connection's alone.</summary>
    internal const int ExclusiveFlag = 4;
    internal const int DefaultBufferBytes = 16 * 1024;
    private const int LargestFrameBytes = 128 * 1024;
    private const long ReplyTimeout = 60 * Clock.Second;

    private readonly FrameBuilder _frames = new();

    private Session(Link link) => Link = link;

    internal Link Link { get; }

    /// <summary>What the broker's server properties name as product and version.</summary>
    internal string Product { get; private set; } = "";

    internal static Session Open(BrokerAddress address, int bufferBytes = DefaultBufferBytes, int heartbeatSeconds = 0)
    {
        var session = new Session(Link.Connect(address, bufferBytes));
        try
        {
            session.LogIn(address, heartbeatSeconds);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    internal void DeclareExchange(string name, string type)
    {
        _frames.Clear().Method(Channel, Method.ExchangeDeclare).Int16(0).Short(name).Short(type).Octet(0)
            .EmptyTable().End();
        Ask(Method.ExchangeDeclareOk);
    }

    internal void DeleteExchange(string name)
    {
        _frames.Clear().Method(Channel, Method.ExchangeDelete).Int16(0).Short(name).Octet(0).End();
        Ask(Method.ExchangeDeleteOk);
    }

    /// <summary>Declares a queue; returns how many messages wait in it.</summary>
    internal long DeclareQueue(string name, bool durable, string type)
    {
        EncodeDeclare(_frames.Clear(), name, durable ? DurableFlag : 0, type);
        return MessageCount(Ask(Method.QueueDeclareOk));
    }

    /// <summary>How many messages wait in a queue, which must exist.</summary>
    internal long CountMessages(string name)
    {
        _frames.Clear().Method(Channel, Method.QueueDeclare).Int16(0).Short(name).Octet(1).EmptyTable().End();
        return MessageCount(Ask(Method.QueueDeclareOk));
    }

    internal void DeleteQueue(string name)
    {
        EncodeDelete(_frames.Clear(), name);
        Ask(Method.QueueDeleteOk);
    }

    internal void Bind(string queue, string exchange, string key)
    {
        EncodeBind(_frames.Clear(), queue, exchange, key);
        Ask(Method.QueueBindOk);
    }

    internal void SelectConfirms()
    {
        _frames.Clear().Method(Channel, Method.ConfirmSelect).Octet(0).End();
        Ask(Method.ConfirmSelectOk);
    }

    internal void Prefetch(int count)
    {
        _frames.Clear().Method(Channel, Method.BasicQos).Int32(0).Int16(count).Octet(0).End();
        Ask(Method.BasicQosOk);
    }

    internal void Consume(string queue, bool autoAck)
    {
        _frames.Clear().Method(Channel, Method.BasicConsume).Int16(0).Short(queue).Short("c").Octet(autoAck ? 2 : 0)
            .EmptyTable().End();
        Ask(Method.BasicConsumeOk);
    }

    /// <param name="frames">Where it goes.</param>
    /// <param name="name">The queue's name.</param>
    /// <param name="flags">Those of queue.declare.</param>
    /// <param name="type">classic or quorum; empty leaves it to the broker.</param>
    internal static void EncodeDeclare(FrameBuilder frames, string name, int flags, string type) =>
        frames.Method(Channel, Method.QueueDeclare).Int16(0).Short(name).Octet(flags)
            .TextTable("x-queue-type", type).End();

    internal static void EncodeBind(FrameBuilder frames, string queue, string exchange, string key) =>
        frames.Method(Channel, Method.QueueBind).Int16(0).Short(queue).Short(exchange).Short(key).Octet(0)
            .EmptyTable().End();

    internal static void EncodeDelete(FrameBuilder frames, string name) =>
        frames.Method(Channel, Method.QueueDelete).Int16(0).Short(name).Octet(0).End();

    /// <summary>Waits for one method and returns its arguments; other frames in between are dropped.</summary>
    internal byte[] Expect(int method)
    {
        long deadline = Clock.Now + ReplyTimeout;
        while (true)
        {
            while (Frame.TryCut(Link.Received, out Frame frame))
            {
                bool found = frame.Type == Frame.MethodType && frame.Method == method;
                if (!found && frame.Type == Frame.MethodType)
                    ThrowIfClosed(frame);
                byte[] arguments = found ? frame.Arguments.ToArray() : [];
                Link.Consume(frame.SizeBytes);
                if (found)
                    return arguments;
            }

            if (!Link.FillBy(deadline))
                throw new IOException($"no answer {method >> 16}.{method & 0xFFFF} within a minute");
        }
    }

    /// <summary>Throws what the broker says when it closes the channel or the connection.</summary>
    internal static void ThrowIfClosed(in Frame frame)
    {
        if (frame.Method is not (Method.ConnectionClose or Method.ChannelClose))
            return;
        int code = BinaryPrimitives.ReadUInt16BigEndian(frame.Arguments);
        string text = Encoding.UTF8.GetString(frame.Arguments.Slice(3, frame.Arguments[2]));
        throw new IOException($"the broker closed with {code} {text}");
    }

    /// <summary>Says goodbye without waiting for the answer.</summary>
    internal void SendClose()
    {
        _frames.Clear().Method(0, Method.ConnectionClose).Int16(200).Short("done").Int32(0).End();
        Link.SendAll(_frames.Written);
    }

    /// <summary>Waits for the answer to <see cref="SendClose"/>; a broker that is gone already is fine too.</summary>
    internal void AwaitClosed()
    {
        try
        {
            Expect(Method.ConnectionCloseOk);
        }
        catch (IOException)
        {
            // Gone, which is what was wanted.
        }
    }

    internal void Close()
    {
        SendClose();
        AwaitClosed();
    }

    public void Dispose() => Link.Dispose();

    private void LogIn(BrokerAddress address, int heartbeatSeconds)
    {
        Link.SendAll([(byte)'A', (byte)'M', (byte)'Q', (byte)'P', 0, 0, 9, 1]);
        Product = ServerProperty(Expect(Method.ConnectionStart));
        _frames.Clear().Method(0, Method.ConnectionStartOk);
        EncodeClientProperties(_frames);
        _frames.Short("PLAIN").Long($"\0{address.User}\0{address.Password}").Short("en_US").End();
        byte[] tune = Ask(Method.ConnectionTune);
        int channels = BinaryPrimitives.ReadUInt16BigEndian(tune);
        int frameBytes = BinaryPrimitives.ReadInt32BigEndian(tune.AsSpan(2));
        frameBytes = frameBytes == 0 ? LargestFrameBytes : Math.Min(frameBytes, LargestFrameBytes);
        _frames.Clear().Method(0, Method.ConnectionTuneOk).Int16(channels).Int32(frameBytes).Int16(heartbeatSeconds)
            .End();
        Link.SendAll(_frames.Written);
        _frames.Clear().Method(0, Method.ConnectionOpen).Short(address.VirtualHost).Short("").Octet(0).End();
        Ask(Method.ConnectionOpenOk);
        _frames.Clear().Method(Channel, Method.ChannelOpen).Octet(0).End();
        Ask(Method.ChannelOpenOk);
    }

    private static void EncodeClientProperties(FrameBuilder frames)
    {
        string[] capabilities =
            ["publisher_confirms", "basic.nack", "connection.blocked", "consumer_cancel_notify"];
        var table = new FrameBuilder();
        table.Short("product").Octet('S').Long("warren load").Short("capabilities").Octet('F').TrueTable(capabilities);
        frames.Int32(table.Length).Bytes(table.Written);
    }

    // queue.declare-ok: the name, then the number of messages that wait.
    private static long MessageCount(byte[] declared) =>
        BinaryPrimitives.ReadUInt32BigEndian(declared.AsSpan(1 + declared[0]));

    private byte[] Ask(int answer)
    {
        Link.SendAll(_frames.Written);
        return Expect(answer);
    }

    // connection.start: two version octets, then the table of server properties. Only the top level's strings matter.
    private static string ServerProperty(byte[] start)
    {
        string all = Encoding.Latin1.GetString(start);
        return $"{After(all, "product")} {After(all, "version")}".Trim();

        static string After(string all, string name)
        {
            int at = all.IndexOf((char)name.Length + name + "S", StringComparison.Ordinal);
            if (at < 0)
                return "";
            int size = at + name.Length + 2;
            int length = (all[size + 2] << 8) | all[size + 3];
            return all.Substring(size + 4, length);
        }
    }
}
