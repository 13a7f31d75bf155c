using Warren.Amqp;

namespace Warren.Broker.Connections;

/// <summary>
/// The rules of silence (AMQP 0-9-1, section 4.2.7): send something every half interval, give up a peer that was silent
/// for more than two.
/// </summary>
internal static class Heartbeats
{
    /// <summary>The frame.</summary>
    public static byte[] Frame { get; } = MakeFrame();

    public static bool IsDue(Connection connection, TimeProvider time) =>
        connection.HeartbeatSeconds > 0
        && time.GetElapsedTime(connection.LastWriteTimestamp).TotalSeconds >= connection.HeartbeatSeconds / 2.0;

    // While the socket is held back by an alarm or by credit, what the client sent is waiting unread.
    // If it is held back because it does not read, it has that long to read something.
    public static bool IsLost(Connection connection, TimeProvider time)
    {
        if (connection.HeartbeatSeconds == 0 || (connection.IsHeldBack && !connection.IsUnread))
            return false;
        long lastSign = connection.IsUnread
            ? Math.Max(connection.LastReceivedTimestamp, connection.LastWriteTimestamp)
            : connection.LastReceivedTimestamp;
        return time.GetElapsedTime(lastSign).TotalSeconds > connection.HeartbeatSeconds * 2.5;
    }

    private static byte[] MakeFrame()
    {
        byte[] frame = new byte[FrameSize.OverheadBytes];
        FrameWriter.WriteHeartbeat(frame);
        return frame;
    }
}
