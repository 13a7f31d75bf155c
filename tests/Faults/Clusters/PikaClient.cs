using System.Diagnostics;
using Warren.Faults.Hosts;

namespace Warren.Faults.Clusters;

/// <summary>A process with pika that publishes or consumes, comes back by itself, and tells line by line.</summary>
internal sealed class PikaClient : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _errors = [];

    /// <param name="role">publish or consume.</param>
    public PikaClient(string role, string host, string prefix, IEnumerable<string> queues)
    {
        Prefix = prefix;
        string script = Path.Combine(AppContext.BaseDirectory, "Scripts", "pika_client.py");
        var start = new ProcessStartInfo(Python, [script, role, host, prefix, .. queues])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Take(_lines, line.Data);
        _process.ErrorDataReceived += (_, line) => Take(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Prefix { get; }

    /// <summary>What it has told so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    /// <summary>Why there can be none here, in a sentence; null: there can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (await HostLab.MissingAsync(Python) is { } missing)
            return missing;
        CommandResult tried = await Shell.RunAsync("pika", [Python, "-c", "import pika"], Patience);
        return tried.Code == 0 ? null : "pika (python3-pika) is not installed";
    }

    /// <summary>How many lines begin like this.</summary>
    public int Count(string word) => Lines.Count(line => line.StartsWith(word, StringComparison.Ordinal));

    /// <summary>Waits until this holds.</summary>
    public async Task UntilAsync(Func<bool> holds, Func<string> what)
    {
        long since = Answers.Now;
        while (!holds())
        {
            if (_process.HasExited || TimeProvider.System.GetElapsedTime(since) > Patience)
                throw new FaultException($"{Prefix}: never: {what()}\n{Tail()}");
            await Task.Delay(20);
        }
    }

    /// <summary>Tells it to end and waits.</summary>
    public async Task EndAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new FaultException($"{Prefix} does not end\n{Tail()}");
        }
        if (_process.ExitCode != 0)
            throw new FaultException($"{Prefix} ended with {_process.ExitCode}\n{Tail()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Tail()
    {
        lock (_lock)
            return string.Join('\n', _lines.TakeLast(10).Concat(_errors.TakeLast(10)));
    }

    private void Take(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (_lock)
            lines.Add(line);
    }
}
