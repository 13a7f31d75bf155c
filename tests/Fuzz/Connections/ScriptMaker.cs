using Warren.Amqp;
using Warren.Wire;

namespace Warren.Fuzz.Connections;

/// <summary>
/// Makes scripts of a few clients that mostly do what clients do, all on the same few queues and exchanges, so that
/// what they do meets.
/// </summary>
public sealed class ScriptMaker(Random random)
{
    private const int MostClients = 3;
    private const int MostChannels = 4;

    private readonly List<Step> _steps = [];
    private readonly MethodMaker _methods = new(random);

    /// <summary>Makes a script.</summary>
    public byte[] Make()
    {
        var clients = random.Next(1, MostClients + 1);
        for (var client = 0; client < clients; client++)
            Connect((byte)client);
        var topology = new WireClient(Stream.Null);
        _methods.AddTopology(topology, 1);
        if (random.Next(8) > 0)
        {
            Send(0, 1, topology);
            Add(StepKind.Run, 0, 0, 1000);
        }

        for (var count = random.Next(20, 120); count > 0; count--)
            AddStep((byte)random.Next(clients));
        return Step.Encode(random.Next(), _steps);
    }

    private void AddStep(byte client)
    {
        var channel = (ushort)random.Next(1, MostChannels + 1);
        switch (random.Next(40))
        {
            case < 22:
                var frames = new WireClient(Stream.Null);
                for (var methods = random.Next(1, 8); methods > 0; methods--)
                    _methods.Add(frames, channel);
                Send(client, channel, frames);
                break;
            case < 28:
                Add(StepKind.Settle, client, channel, random.Next());
                break;
            case < 34:
                Add(StepKind.Run, client, 0, random.Next(1, random.Next(2) == 0 ? 10 : 1000));
                break;
            case < 36:
                Add(StepKind.Pass, client, 0, random.Next(random.Next(4) == 0 ? 20_000 : 1500));
                break;
            case 36:
                Add(random.Next(2) == 0 ? StepKind.StopReading : StepKind.Read, client, 0, 0);
                break;
            case 37:
                Add(random.Next(3) == 0 ? StepKind.Compact : StepKind.Alarm, client, 0, random.Next(2));
                break;
            case 38:
                Rare(client, channel);
                break;
            default:
                Connect(client);
                break;
        }
    }

    private void Rare(byte client, ushort channel)
    {
        var frames = new WireClient(Stream.Null);
        switch (random.Next(12))
        {
            case 0:
                Add(StepKind.Shutdown, client, 0, 0);
                return;
            case 1:
                Add(StepKind.Cut, client, 0, 0);
                return;
            case 2:
                Add(StepKind.End, client, 0, 0);
                return;
            case < 5:
                frames.Add(0, new ConnectionClose(200, "bye", 0, 0));
                break;
            case 5:
                frames.Add(0, new ConnectionUpdateSecret("guest", "because"));
                break;
            case < 8:
                frames.AddFrame(FrameType.Heartbeat, 0, []);
                break;
            default:
                frames.Add(channel, new ChannelClose(200, "bye", 0, 0)).Add(channel, new ChannelOpen());
                break;
        }

        Send(client, channel, frames);
    }

    private void Connect(byte client)
    {
        Add(StepKind.Connect, client, 0, 0);
        var frames = new WireClient(Stream.Null);
        ReadOnlySpan<byte> header = random.Next(60) == 0 ? Samples.Bytes(random, 8) : ProtocolHeader.Amqp091;
        frames.AddRaw(header);
        var password = random.Next(60) == 0 ? "no" : "guest";
        var login = new Login { HasCapabilities = random.Next(4) > 0, Password = password };
        frames.Add(0, WireClient.StartOk(login));
        var heartbeat = random.Next(8) == 0 ? (ushort)random.Next(1, 30) : (ushort)0;
        var frameMax = random.Next(2) == 0 ? 4096u : 131_072u;
        frames.Add(0, new ConnectionTuneOk((ushort)random.Next(3, 200), frameMax, heartbeat));
        frames.Add(0, new ConnectionOpen(random.Next(60) == 0 ? "elsewhere" : "/"));
        for (ushort channel = 1; channel <= MostChannels; channel++)
        {
            if (random.Next(20) > 0)
                frames.Add(channel, new ChannelOpen());
        }

        Send(client, 0, frames);
    }

    private void Send(byte client, ushort channel, WireClient frames) =>
        _steps.Add(new Step(
            StepKind.Send, client, channel, random.Next(6) == 0 ? random.Next(1, 100) : 0, frames.TakeAdded()));

    private void Add(StepKind kind, byte client, ushort channel, int argument) =>
        _steps.Add(new Step(kind, client, channel, argument, []));
}
