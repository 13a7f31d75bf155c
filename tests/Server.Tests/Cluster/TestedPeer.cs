using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Server.Tests.Node;
using Warren.Wire;

namespace Warren.Server.Tests.Cluster;

/// <summary>One of several nodes on this machine, each at an address of its own, with one cookie.</summary>
internal sealed class TestedPeer : IDisposable
{
    private const string AmqpLine = "started TCP listener on ";

    private readonly ServerProcess _process;
    private readonly string _host;
    private int _answers;

    /// <param name="number">Tells it from the others: part of its name and its address.</param>
    /// <param name="runDirectory">Where the nodes of this machine find each other.</param>
    /// <param name="configuration">More of its rabbitmq.conf.</param>
    /// <param name="cookie">Its cookie.</param>
    public TestedPeer(int number, string runDirectory, string configuration = "", string cookie = "ONECOOKIE")
    {
        string host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.{40 + number}");
        Name = string.Create(CultureInfo.InvariantCulture, $"r{number}@{host}");
        _process = new ServerProcess { Program = ["Warren.Server.Tests.dll", "node"] };
        _process.Variables["RABBITMQ_NODENAME"] = Name;
        _process.Variables["RABBITMQ_RUN_DIR"] = runDirectory;
        _process.Variables["RABBITMQ_LOGS"] = "-";
        _host = host;
        Configure(configuration);
        File.SetUnixFileMode(
            _process.Write(".erlang.cookie", cookie + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string Name { get; }

    /// <summary>Who it is, once it has started.</summary>
    public string Id { get; private set; } = "";

    public LogText Log => _process.Output;

    public LogText Errors => _process.Errors;

    public string DataDirectory => _process.DataDirectory;

    public async Task<TestedPeer> StartAsync()
    {
        Launch();
        Id = await NextAsync();
        return this;
    }

    /// <summary>Starts it, and does not wait until it has a cluster.</summary>
    public void Launch()
    {
        _answers = 0;
        Log.Clear();
        _process.Start();
    }

    /// <summary>What its rabbitmq.conf says from the next start on.</summary>
    public void Configure(string configuration) =>
        _process.Write("rabbitmq.conf", $"distribution.listener.interface = {_host}\n{configuration}\n");

    /// <summary>As from before nodes had identities: it has no cookie, nor a place for one.</summary>
    public async Task StartAloneAsync()
    {
        string? home = _process.Variables["HOME"];
        _process.Variables["HOME"] = "/proc/no-home";
        await StartAsync();
        _process.Variables["HOME"] = home;
    }

    /// <summary>Tells it something, and waits until it is done.</summary>
    public async Task<string> TellAsync(string line)
    {
        await _process.Input.WriteLineAsync(line);
        await _process.Input.FlushAsync();
        return await NextAsync();
    }

    /// <summary>Joins the cluster of another one.</summary>
    public async Task JoinAsync(TestedPeer member)
    {
        string answer = await TellAsync($"join {member.Name}");
        if (answer.StartsWith("refused", StringComparison.Ordinal))
            throw new InvalidOperationException($"{Name} was not let in by {member.Name}: {answer}\n{Log}");
        Id = answer;
    }

    /// <summary>From the next start on.</summary>
    public void SetCookie(string cookie)
    {
        string file = _process.PathOf(".erlang.cookie");
        File.Delete(file);
        File.SetUnixFileMode(
            _process.Write(".erlang.cookie", cookie + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Waits until it says this of another node.</summary>
    public async Task SeesAsync(TestedPeer other, string how)
    {
        string seen = "";
        long started = TimeProvider.System.GetTimestamp();
        while (!(seen = await TellAsync("status")).Split(';').Any(
            one => one.StartsWith($"{other.Name}={how}", StringComparison.Ordinal)))
        {
            if (TimeProvider.System.GetElapsedTime(started) > Eventually.Patience)
                throw new TimeoutException($"{Name} sees \"{seen}\", never {other.Name}={how}. It printed:\n{Log}");
            await Task.Delay(20);
        }
    }

    public Task LogsAsync(string part) => Eventually.True(() => Log.Has(part), () => $"Not \"{part}\" in:\n{Log}");

    /// <summary>Such as <c>incidents/x</c>, below its data directory.</summary>
    public string[] Files(string directory) => Directory.Exists(Path.Combine(DataDirectory, directory))
        ? Directory.GetFiles(Path.Combine(DataDirectory, directory))
        : [];

    /// <summary>What its forced starts have said.</summary>
    public string[] ForcedBoots =>
        [.. Files("incidents").Where(static file => file.Contains("/force-boot-", StringComparison.Ordinal))];

    /// <summary>A client at the last place where it said that it serves AMQP.</summary>
    public async Task<WireClient> ConnectAsync()
    {
        await LogsAsync(AmqpLine);
        string place = Log.ToString().Split('\n').Last(line => line.Contains(AmqpLine, StringComparison.Ordinal));
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(
            place[(place.IndexOf(AmqpLine, StringComparison.Ordinal) + AmqpLine.Length)..].Trim()));
        return new WireClient(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>It does not listen at that place any more.</summary>
    public bool Refuses()
    {
        try
        {
            ConnectAsync().GetAwaiter().GetResult().DisposeAsync().AsTask().Wait();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Stops it cleanly.</summary>
    public async Task StopAsync()
    {
        _process.Input.Close();
        if (await _process.EndAsync() != 0)
            throw new InvalidOperationException($"It ended badly:\n{Log}\n{Errors}");
        _process.Kill();
    }

    /// <summary>Such as STOP and CONT.</summary>
    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();

    private async Task<string> NextAsync()
    {
        string[] Answers() =>
            [.. Log.ToString().Split('\n')[..^1].Where(line => line.StartsWith("* ", StringComparison.Ordinal))];
        int place = _answers++;
        await Eventually.True(() => Answers().Length > place, () => $"{Name} printed:\n{Log}\n{Errors}");
        return Answers()[place][2..];
    }
}
