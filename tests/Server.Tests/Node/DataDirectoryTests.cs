using System.Buffers.Binary;
using System.Numerics;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>A node and its data directory: who may use it, who may read it, and what the next start finds.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    private readonly ServerProcess _server = new();

    private string Log => File.ReadAllText(_server.PathOf("log", "tested@localhost.log"));

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task It_belongs_to_the_nodes_user_alone_and_the_node_says_where_it_is()
    {
        await _server.StartUpAsync();
        Assert.True(_server.Output.Has($"  data        {_server.DataDirectory}\n"));
        Assert.Contains($"data directory {_server.DataDirectory}: the log goes on", Log, StringComparison.Ordinal);
        await _server.SignalAsync("TERM");
        Assert.Equal(0, await _server.EndAsync());
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(_server.DataDirectory));
        Assert.All(
            Directory.GetDirectories(_server.DataDirectory),
            directory => Assert.Equal(OwnerDirectory, File.GetUnixFileMode(directory)));
        string[] files = Directory.GetFiles(_server.DataDirectory, "*", SearchOption.AllDirectories);
        Assert.All(files, file => Assert.Equal(OwnerFile, File.GetUnixFileMode(file)));
        Assert.Contains(files, file => file.EndsWith(".ckp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_process_is_refused_in_one_sentence_and_the_first_one_goes_on()
    {
        await _server.StartUpAsync();
        using var second = new ServerProcess();
        second.Variables["RABBITMQ_MNESIA_DIR"] = _server.DataDirectory;
        second.Start();
        Assert.Equal(1, await second.EndAsync());
        Assert.Equal(
            $"The node cannot start: Cannot use the data directory {_server.DataDirectory}: "
            + $"the process {_server.Id} is using it, and only one may at a time. "
            + "Stop that process first, or give this node a directory of its own.\n",
            second.Errors.ToString());
        await using Wire.WireClient client = await _server.ConnectAsync();
        await client.LoginAsync();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task However_a_node_has_ended_it_starts_again(string signal)
    {
        for (int boot = 1; boot <= 3; boot++)
        {
            await _server.RestartAsync();
            Assert.Equal(boot, BitConverter.ToInt64(
                File.ReadAllBytes(Path.Combine(_server.DataDirectory, "boot")), (boot % 2 * 512) + 8));
            await _server.SignalAsync(signal);
            Assert.Equal(signal == "TERM" ? 0 : 128 + 9, await _server.EndAsync());
        }
        Assert.DoesNotContain("damaged", Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_of_another_version_is_left_alone()
    {
        await _server.StartUpAsync();
        await _server.SignalAsync("TERM");
        Assert.Equal(0, await _server.EndAsync());
        string log = Path.Combine(_server.DataDirectory, "log");
        Directory.CreateDirectory(log);
        byte[] header = new byte[512];
        "WSEG"u8.CopyTo(header.AsSpan(4));
        header[8] = 99;
        uint crc = ~0u;
        foreach (byte each in header.AsSpan(4))
            crc = BitOperations.Crc32C(crc, each);
        BinaryPrimitives.WriteUInt32LittleEndian(header, ~crc);
        string segment = Path.Combine(log, "0000000001.seg");
        File.WriteAllBytes(segment, header);
        _server.Errors.Clear();
        _server.Start();
        Assert.Equal(1, await _server.EndAsync());
        Assert.StartsWith(
            $"The node cannot start: data directory {_server.DataDirectory}: log/0000000001.seg has format version 99; "
            + "this node knows version 1. ",
            _server.Errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(header, File.ReadAllBytes(segment));
    }

    [Fact]
    public async Task A_place_that_cannot_be_a_directory_is_named()
    {
        _server.Variables["RABBITMQ_MNESIA_DIR"] = Path.Combine(_server.Write("file", "x"), "data");
        _server.Start();
        Assert.Equal(1, await _server.EndAsync());
        Assert.StartsWith("The node cannot start: Cannot ", _server.Errors.ToString(), StringComparison.Ordinal);
        Assert.Contains(_server.PathOf("file"), _server.Errors.ToString(), StringComparison.Ordinal);
    }
}
