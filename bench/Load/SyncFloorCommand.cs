using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace Warren.Load;

/// <summary>
/// What no broker can beat on this disk: how long one append and one fdatasync take, in a file that was reserved before
/// and grows no more, as logs keep them.
/// </summary>
internal sealed class SyncFloorCommand(Arguments arguments)
{
    private const long FileBytes = 256 << 20;

    private readonly string _directory = arguments.Text("directory", "");
    private readonly int _bytes = arguments.Whole("bytes", 4096, 1);
    private readonly double _seconds = arguments.Number("seconds", 3);

    internal JsonObject Run()
    {
        arguments.RejectRest();
        if (_directory.Length == 0)
            throw new UsageException("floor needs --directory, on the disk that is meant");
        Directory.CreateDirectory(_directory);
        string path = Path.Combine(_directory, $"floor-{Environment.ProcessId}");
        var latency = new Histogram();
        using (SafeFileHandle file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.Write, options: FileOptions.DeleteOnClose))
        {
            FileCalls.Reserve(file, FileBytes);
            FileCalls.SyncData(file);
            Append(file, latency);
        }

        return new JsonObject
        {
            ["bytes"] = _bytes,
            ["sync_us"] = latency.ToJson(),
        };
    }

    private void Append(SafeFileHandle file, Histogram latency)
    {
        var bytes = new byte[_bytes];
        Array.Fill(bytes, (byte)0xA5);
        long until = Clock.Now + (long)(_seconds * Clock.Second);
        for (long offset = 0; Clock.Now < until; offset = (offset + _bytes) % (FileBytes - _bytes))
        {
            long begun = Clock.Now;
            RandomAccess.Write(file, bytes, offset);
            FileCalls.SyncData(file);
            latency.Record(Clock.Now - begun);
        }
    }
}
