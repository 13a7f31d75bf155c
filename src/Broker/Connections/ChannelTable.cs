using System.Diagnostics.CodeAnalysis;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Security;

namespace Warren.Broker.Connections;

/// <summary>
/// The channels of one connection, by number. Owned by the connection's turn. Remembers the last one, since frames of a
/// message come in a row.
/// </summary>
internal sealed class ChannelTable
{
    private readonly Connection _connection;
    private readonly Dictionary<ushort, Channel> _channels = [];
    private Channel? _last;

    public ChannelTable(Connection connection) => _connection = connection;

    public int Count => _channels.Count;

    public IEnumerable<Channel> All => _channels.Values;

    public bool TryGet(ushort number, [NotNullWhen(true)] out Channel? channel)
    {
        channel = _last;
        if (channel is not null && channel.Number == number)
            return true;
        if (!_channels.TryGetValue(number, out channel))
            return false;
        _last = channel;
        return true;
    }

    public Channel Open(ushort number)
    {
        if (_connection.ChannelMax != 0 && _channels.Count >= _connection.ChannelMax)
        {
            throw new AmqpException(
                ReplyCode.NotAllowed,
                $"number of channels opened ({_channels.Count}) has reached the "
                + $"negotiated channel_max ({_connection.ChannelMax})")
            { IsNobodysMethod = true };
        }
        AmqpException? refusal = _connection.Broker.Connections.TryCountChannel(_connection.User!);
        if (refusal is not null)
            throw refusal;
        var channel = new Channel(_connection, number);
        _channels.Add(number, channel);
        return channel;
    }

    /// <summary>Forgets a channel that has been closed on both sides.</summary>
    public void Remove(Channel channel)
    {
        if (!_channels.Remove(channel.Number))
            return;
        _last = null;
        _connection.Broker.Connections.UncountChannel(_connection.User!);
    }

    /// <summary>Ends all channels, because the connection ends.</summary>
    public void CloseAll()
    {
        foreach (Channel channel in _channels.Values)
        {
            channel.End();
            channel.Forget();
            _connection.Broker.Connections.UncountChannel(_connection.User!);
        }
        _channels.Clear();
        _last = null;
    }

    public void ResumeBlocked()
    {
        foreach (Channel channel in _channels.Values.ToArray())
        {
            if (!channel.IsBlocked)
                continue;
            try
            {
                channel.Resume();
            }
            catch (AmqpException error)
            {
                // The message that waited is a mistake by now.
                _connection.Fail(error, channel);
            }
        }
    }
}
