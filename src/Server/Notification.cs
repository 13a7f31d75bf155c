using System.Net.Sockets;
using System.Text;

namespace Warren.Server;

/// <summary>
/// Tells the service manager how the node is (<c>sd_notify</c>), if one asked by <c>NOTIFY_SOCKET</c>.
/// </summary>
internal static class Notification
{
    public static void Send(string state)
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
            return;
        // A leading @ stands for the NUL of Linux's abstract names.
        string address = path[0] == '@' ? string.Concat("\0", path.AsSpan(1)) : path;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(address));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            Console.Error.WriteLine($"the service manager's socket {path} did not take \"{state}\": {error.Message}");
        }
    }
}
