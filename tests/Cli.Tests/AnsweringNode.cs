using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Warren.Cli.Tests;

/// <summary>A control socket (docs/formats/control.md) where whoever asks is told what a test wants.</summary>
internal sealed class AnsweringNode : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _answering;

    /// <param name="path">The socket's.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="answer">JSON, to the one request that is taken.</param>
    public AnsweringNode(string path, string name, string answer)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
        _answering = Task.Run(() => Answer(name, answer));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _answering.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
    }

    private void Answer(string name, string answer)
    {
        using var stream = new NetworkStream(_socket.Accept(), ownsSocket: true);
        stream.ReadExactly(new byte[6]);
        stream.Write(Frame(
            'H', $"{{\"node\":\"{name}\",\"product_version\":\"\",\"app_running\":false,\"pid\":1}}"));
        byte[] length = new byte[4];
        stream.ReadExactly(length);
        stream.ReadExactly(new byte[BinaryPrimitives.ReadInt32BigEndian(length)]);
        stream.Write(Frame('D', answer));
    }

    private static byte[] Frame(char kind, string body)
    {
        byte[] json = Encoding.UTF8.GetBytes(body);
        byte[] frame = [0, 0, 0, 0, (byte)kind, .. json];
        BinaryPrimitives.WriteInt32BigEndian(frame, json.Length + 1);
        return frame;
    }
}
