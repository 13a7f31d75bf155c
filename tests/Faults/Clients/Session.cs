using System.Net.Sockets;
using Warren.Amqp;
using Warren.Faults.Nodes;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// A connection with one channel, of one client. The node's end is no error here: a write does nothing and reading
/// gives what had come, then null.
/// </summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>The channel.</summary>
    public const ushort Channel = 1;

    private readonly WireClient _client;

    private Session(WireClient client) => _client = client;

    /// <summary>What is to be sent by the next <see cref="FlushAsync"/> is added here.</summary>
    public WireClient Output => _client;

    /// <summary>Logs in and opens the channel; null when the node ends meanwhile.</summary>
    public static async Task<Session?> OpenAsync(NodeProcess node)
    {
        WireClient? client = null;
        try
        {
            client = await node.ConnectAsync();
            await client.LoginAsync();
            await client.OpenChannelAsync(Channel);
            return new Session(client);
        }
        catch (Exception error) when (IsOfDeath(error) || IsRefusedByStop(error))
        {
            if (client is not null)
                await client.DisposeAsync();
            return null;
        }
    }

    /// <summary>Sends what was added.</summary>
    public async Task FlushAsync()
    {
        try
        {
            await _client.FlushAsync();
        }
        catch (Exception error) when (IsOfDeath(error))
        {
            // What had come before can still be read.
        }
    }

    /// <summary>What comes next; null at the end.</summary>
    /// <exception cref="FaultException">The broker closes the channel or the connection.</exception>
    public async Task<Received?> NextAsync()
    {
        while (true)
        {
            Received next;
            try
            {
                next = await _client.NextAsync();
            }
            catch (Exception error) when (IsOfDeath(error))
            {
                return null;
            }
            switch (next.Method)
            {
                case 0:
                    return null;
                case MethodId.ConnectionClose when IsOfStop(next):
                    Output.Add(0, new ConnectionCloseOk());
                    await FlushAsync();
                    break;
                case MethodId.ChannelClose or MethodId.ConnectionClose:
                    throw new FaultException($"the broker said: {next}");
                default:
                    return next;
            }
        }
    }

    /// <summary>Sends a method and waits for its answer; null when the node dies meanwhile.</summary>
    public async Task<Received?> CallAsync(uint answer)
    {
        await FlushAsync();
        Received? next = await NextAsync();
        return next is null || next.Method == answer
            ? next
            : throw new FaultException($"{MethodNames.NameOf(answer)} was expected, {next} came");
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    /// <summary>A node that stops says goodbye in the middle of a login as well.</summary>
    private static bool IsRefusedByStop(Exception error) =>
        error is InvalidOperationException && error.Message.Contains("CONNECTION_FORCED", StringComparison.Ordinal);

    private static bool IsOfStop(Received close) =>
        close.CloseReason.StartsWith("320 CONNECTION_FORCED", StringComparison.Ordinal);

    /// <summary>A stream that was reset; half a message at its end.</summary>
    private static bool IsOfDeath(Exception error) =>
        error is SocketException or IOException or ObjectDisposedException
        || (error is InvalidOperationException && error.Message.Contains("the end came", StringComparison.Ordinal));
}
