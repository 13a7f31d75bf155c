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
    public static bool IsLost(Connection connection, TimeProvider time) =>
        connection.HeartbeatSeconds > 0
        && !connection.IsHeldBack
        && time.GetElapsedTime(connection.LastReceivedTimestamp).TotalSeconds > connection.HeartbeatSeconds * 2.5;

    private static byte[] MakeFrame()
    {
        byte[] frame = new byte[FrameSize.OverheadBytes];
        FrameWriter.WriteHeartbeat(frame);
        return frame;
    }
}
