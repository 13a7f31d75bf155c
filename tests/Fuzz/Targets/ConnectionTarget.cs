using Warren.Amqp;
using Warren.Fuzz.Connections;

namespace Warren.Fuzz.Targets;

/// <summary>
/// Clients of a whole broker, each in the middle of something when one of them breaks the rules or its connection. The
/// broker must stay sound, answer whoever keeps the rules, end every connection and let go of everything.
/// </summary>
public sealed class ConnectionTarget : FuzzTarget
{
    // A goodbye takes 10 s at most, a handshake as long, and the slowest tick half a second.
    private const int PatienceSeconds = 30;

    private const int MostPieces = 1000;

    /// <inheritdoc/>
    public override string Name => "connection";

    /// <summary>A broker and its clients, and what they make of an input that fans out to every queue.</summary>
    public override long AllowedBytes => 64L * 1024 * 1024;

    /// <inheritdoc/>
    public override long AllowedBytesPerInputByte => 1024;

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random) => new ScriptMaker(random).Make();

    /// <inheritdoc/>
    public override byte[] Mutate(byte[] input, Random random) => ScriptMutation.Apply(input, random);

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        try
        {
            Run(Step.Decode(input, out var seed), new Random(seed));
        }
        catch (Exception e) when (e is WireFormatException or AmqpException)
        {
            throw new FuzzException($"an error of the client escapes: {e}", e);
        }
    }

    private static void Run(List<Step> steps, Random random)
    {
        using var broker = new SimulatedBroker(random);
        var clients = new Dictionary<byte, SimulatedClient>();
        foreach (var step in steps)
        {
            if (!clients.TryGetValue(step.Client, out var client) && step.Kind != StepKind.Connect)
                continue;
            if (step.Kind != StepKind.Connect)
                Do(broker, client!, step);
            else if (client is null || client.Served.IsCompleted)
                clients[step.Client] = broker.Connect(endsAtClose: random.Next(4) > 0);
            broker.Check();
        }

        broker.Alarm(isOn: false);
        foreach (var client in broker.Clients)
            client.Stream.IsRead = true;
        broker.PassUntil(2, () => false);
        foreach (var client in broker.Clients)
            CheckLiveness(broker, client);
        foreach (var client in broker.Clients)
        {
            if (random.Next(2) == 0)
                client.Stream.End();
            else
                client.Stream.Cut();
        }

        FuzzException.Unless(
            broker.PassUntil(PatienceSeconds, () => broker.Clients.All(each => each.Served.IsCompleted)),
            "a connection does not end");
        broker.CheckSoundness();
    }

    private static void Do(SimulatedBroker broker, SimulatedClient client, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Send or StepKind.SendBroken:
                client.IsWellBehaved &= step.Kind == StepKind.Send;
                if (step.Argument == 0)
                    client.Send(step.Bytes);
                else
                    client.SendInPieces(step.Bytes, PieceBytes(step), () => broker.Run(3));
                break;
            case StepKind.Settle:
                client.Settle(step.Channel, step.Argument);
                break;
            case StepKind.Run:
                broker.Run(step.Argument);
                break;
            case StepKind.Pass:
                broker.Time.Advance(TimeSpan.FromMilliseconds(step.Argument));
                break;
            case StepKind.StopReading or StepKind.Read:
                client.Stream.IsRead = step.Kind == StepKind.Read;
                break;
            case StepKind.End:
                client.IsClosing = true;
                client.Stream.End();
                break;
            case StepKind.Cut:
                client.IsClosing = true;
                client.Stream.Cut();
                break;
            case StepKind.Alarm:
                broker.Alarm(step.Argument != 0);
                break;
            case StepKind.Shutdown:
                broker.Shutdown();
                break;
            case StepKind.Compact:
                broker.Broker.Compact();
                break;
        }
    }

    // A large message is not cut into more pieces than others.
    private static int PieceBytes(Step step) => Math.Max(step.Argument, step.Bytes.Length / MostPieces);

    // Whoever kept the rules is answered, whatever the others did.
    private static void CheckLiveness(SimulatedBroker broker, SimulatedClient client)
    {
        if (!client.IsWellBehaved || !client.IsOpen || client.IsClosing || client.Served.IsCompleted)
            return;
        foreach (var (number, channel) in client.Channels.Where(each => each.Value.IsOpen && each.Value.Closes == 0))
            client.Send(number, new ChannelClose(200, "bye", 0, 0));
        bool IsAnswered() =>
            client.IsClosing || client.Stream.IsBroken || client.Channels.Values.All(each => !each.IsOpen);
        FuzzException.Unless(broker.PassUntil(5, IsAnswered), "a channel's close is not answered");
        if (client.IsClosing || client.Stream.IsBroken)
            return;
        client.Send(0, new ConnectionClose(200, "bye", 0, 0));
        FuzzException.Unless(
            broker.PassUntil(5, () => client.IsClosed || client.IsClosing || client.Stream.IsBroken),
            "a connection's close is not answered");
    }
}
