using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>What the node's memory is used for.</summary>
internal sealed class MemoryBreakdown() : DiagnosticCommand(
    "memory_breakdown", "[--unit <unit>]", "Provides a memory usage breakdown on the target node.", "status")
{
    public override Switch[] Switches => [new("unit", SwitchKind.Text)];

    public override string? Validate(Invocation call) =>
        MemoryUnit.Find(call.Text("unit") ?? "gb") is null
            ? $"unit '{call.Text("unit")}' is not supported. Please use one of: bytes, mb, gb"
            : null;

    public override string? Banner(Invocation call) =>
        $"Reporting memory breakdown on node {call.Place.NodeName}...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement memory = answer.GetProperty("memory");
        if (call.Format is null)
        {
            MemoryText.Write(call.Output, memory, MemoryUnit.Find(call.Text("unit") ?? "gb")!);
            return ExitCode.Ok;
        }
        long total = memory.GetProperty("total").GetProperty("rss").GetInt64();
        call.Output.WriteLine("{" + string.Join(',', MemoryText.Parts(memory).Select(part => string.Create(
            CultureInfo.InvariantCulture,
            $"\"{part.Name}\":{{\"bytes\":{part.Bytes},\"percentage\":{MemoryText.Share(part.Bytes, total):0.0#}}}")))
            + "}");
        return ExitCode.Ok;
    }
}
