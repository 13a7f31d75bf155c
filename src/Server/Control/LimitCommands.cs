using Warren.Broker;

namespace Warren.Server.Control;

/// <summary>What an operator turns while the node runs; the next start has the configuration's values again.</summary>
internal sealed class LimitCommands(NodeHost host)
{
    public void SetLogLevel(ControlRequest request)
    {
        host.Log.SetLevel(request.Text("level") switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Info,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "critical" => LogLevel.Critical,
            "none" => LogLevel.None,
            var level => throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind, $"level {level} is not supported"),
        });
    }

    public void SetMemory(ControlRequest request)
    {
        host.RequireNode();
        host.SetLimits(request.FindNumber("bytes") is { } bytes
            ? host.Limits with { MemoryHighWatermarkBytes = (long)bytes }
            : host.Limits with { MemoryHighWatermarkBytes = null, MemoryHighWatermark = Share(request, 1) });
    }

    public void SetDisk(ControlRequest request)
    {
        host.RequireNode();
        host.SetLimits(request.FindNumber("bytes") is { } bytes
            ? host.Limits with { DiskFreeLimit = null, DiskFreeLimitBytes = (long)bytes }
            : host.Limits with { DiskFreeLimit = Share(request, 1000) });
    }

    private static double Share(ControlRequest request, double most) =>
        request.FindNumber("share") is { } share && share >= 0 && share <= most
            ? share
            : throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind,
                $"a number of bytes, or a share from 0 to {most}, is needed");
}
