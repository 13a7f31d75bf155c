using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary>
/// The Unix socket by which commands find the node: beside the pid file, in the node's name, for root and the node's
/// own user alone. The file's mode says so, and who connects is looked at as well.
/// </summary>
internal sealed class ControlSocket : IDisposable
{
    /// <summary>What a socket's name may have at most (sun_path of Linux, less the ending zero).</summary>
    private const int MaxPathBytes = 107;

    // SO_PEERCRED of Linux, at SOL_SOCKET: process, user and group, 4 bytes each.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly string _path;
    private readonly Socket _socket;
    private readonly int? _ownUser = OwnUser();

    private ControlSocket(string path, Socket socket)
    {
        _path = path;
        _socket = socket;
    }

    /// <exception cref="ConfigurationException">It cannot be made there.</exception>
    public static ControlSocket Listen(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            throw new ConfigurationException(
                $"the control socket {path} has a name of more than {MaxPathBytes} bytes, which no socket may have; "
                + "choose a shorter RABBITMQ_MNESIA_BASE, or name another place by RABBITMQ_CONTROL_SOCKET, for the "
                + "node and for the commands");
        }
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            RemoveLeftOver(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // Before anybody can connect.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(16);
            return new ControlSocket(path, socket);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ConfigurationException($"the control socket {path} cannot be made: {error.Message}");
        }
    }

    /// <summary>Null: the socket has been closed.</summary>
    public async Task<Socket?> AcceptAsync()
    {
        try
        {
            return await _socket.AcceptAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException
        {
            SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted,
        })
        {
            return null;
        }
    }

    /// <summary>Whether the process at the other end is root's or of the node's own user.</summary>
    public bool IsTrusted(Socket client)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        Span<byte> credentials = stackalloc byte[12];
        int length = client.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        if (length < credentials.Length)
            return false;
        int user = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadInt32LittleEndian(credentials[4..])
            : BinaryPrimitives.ReadInt32BigEndian(credentials[4..]);
        return user == 0 || user == _ownUser;
    }

    public void Dispose()
    {
        // The name first: whoever comes now is told that there is no node, not that it hangs.
        File.Delete(_path);
        _socket.Dispose();
    }

    private static void RemoveLeftOver(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        throw new ConfigurationException(
            $"another process serves the control socket {path}: a node of this name runs already");
    }

    // The effective user, from the second number of the line "Uid:".
    private static int? OwnUser()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal))
                return int.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
        }
        return null;
    }
}
