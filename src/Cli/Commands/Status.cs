using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>All about one node, on a page, in the order of RabbitMQ's.</summary>
internal sealed class Status() : Command(
    "status", "[--unit <unit>] [--timeout <timeout>]", Section.Monitoring, "Displays status of a node")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["monitoring"];

    public override Switch[] Switches => [new("unit", SwitchKind.Text)];

    public override string Help =>
        """
        --unit <bytes | mb | gb>
        	byte multiple (bytes, megabytes, gigabytes) to use

        --formatter <json | erlang>
        	alternative formatter (JSON, Erlang terms)
        """;

    public override string? Validate(Invocation call) =>
        MemoryUnit.Find(call.Text("unit") ?? "gb") is null
            ? $"unit '{call.Text("unit")}' is not supported. Please use one of: bytes, mb, gb"
            : null;

    public override string? Banner(Invocation call) => $"Status of node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement status = call.Node.Ask(Name);
        MemoryUnit unit = MemoryUnit.Find(call.Text("unit") ?? "gb")!;
        return Print(call, status, output => Write(output, status, unit));
    }

    private static void Write(TextWriter output, JsonElement status, MemoryUnit unit)
    {
        string Text(string name) => TermText.Of(status.GetProperty(name));
        output.WriteLine(Title("Runtime"));
        output.WriteLine();
        output.WriteLine($"OS PID: {Text("pid")}");
        output.WriteLine($"OS: {Text("os")}");
        output.WriteLine($"Uptime (seconds): {Text("uptime")}");
        output.WriteLine($"Is under maintenance?: {Text("is_under_maintenance")}");
        output.WriteLine($"RabbitMQ version: {Text("rabbitmq_version")}");
        output.WriteLine($"Warren version: {Text("warren_version")}");
        output.WriteLine($"Node name: {Text("node")}");
        output.WriteLine($"Erlang configuration: none; {Text("runtime_version")}");
        output.WriteLine($"Crypto library: {Text("crypto_lib_version")}");
        output.WriteLine($"Threads: {Text("threads")}");
        output.WriteLine($"Scheduler run queue: {Text("run_queue")}");
        WriteFiles(output, status);
        if (!status.TryGetProperty("memory", out JsonElement memory))
        {
            output.WriteLine("\nThe 'rabbit' app is stopped on this node: 'rabbitmqctl start_app' starts it.");
            return;
        }
        AlarmText.Write(output, status.GetProperty("alarms"));
        WriteMemory(output, status, memory, unit);
        WriteRest(output, status, unit);
    }

    private static void WriteFiles(TextWriter output, JsonElement status)
    {
        output.WriteLine($"\n{Title("Plugins")}\n");
        output.WriteLine($"Enabled plugin file: {TermText.Of(status.GetProperty("enabled_plugin_file"))}");
        output.WriteLine("Enabled plugins:\n");
        WriteItems(output, status.GetProperty("active_plugins"));
        output.WriteLine($"\n{Title("Data directory")}\n");
        output.WriteLine($"Node data directory: {TermText.Of(status.GetProperty("data_directory"))}");
        output.WriteLine($"Raft data directory: {TermText.Of(status.GetProperty("raft_data_directory"))}");
        output.WriteLine($"\n{Title("Config files")}\n");
        WriteItems(output, status.GetProperty("config_files"));
        output.WriteLine($"\n{Title("Log file(s)")}\n");
        WriteItems(output, status.GetProperty("log_files"));
    }

    private static void WriteMemory(TextWriter output, JsonElement status, JsonElement memory, MemoryUnit unit)
    {
        output.WriteLine($"\n{Title("Memory")}\n");
        output.WriteLine($"Total memory used: {unit.Of(memory.GetProperty("total").GetProperty("rss").GetInt64())}");
        output.WriteLine($"Calculation strategy: {memory.GetProperty("strategy").GetString()}");
        JsonElement setting = status.GetProperty("vm_memory_high_watermark_setting");
        string limit = unit.Of(status.GetProperty("vm_memory_limit").GetInt64());
        output.WriteLine(
            setting.TryGetProperty("relative", out JsonElement share)
            ? $"Memory high watermark setting: {share.GetRawText()} of available memory, computed to: {limit}"
            : $"Memory high watermark setting: {unit.Of(setting.GetProperty("absolute").GetInt64())}");
        output.WriteLine();
        MemoryText.Write(output, memory, unit);
    }

    private static void WriteRest(TextWriter output, JsonElement status, MemoryUnit unit)
    {
        JsonElement files = status.GetProperty("file_descriptors");
        output.WriteLine($"\n{Title("File Descriptors")}\n");
        output.WriteLine($"Total: {files.GetProperty("total_used")}, limit: {files.GetProperty("total_limit")}");
        output.WriteLine($"Sockets: {files.GetProperty("sockets_used")}, limit: {files.GetProperty("sockets_limit")}");
        output.WriteLine($"\n{Title("Free Disk Space")}\n");
        output.WriteLine($"Low free disk space watermark: {unit.Of(status.GetProperty("disk_free_limit").GetInt64())}");
        JsonElement free = status.GetProperty("disk_free");
        output.WriteLine(
            $"Free disk space: {(free.ValueKind == JsonValueKind.Number ? unit.Of(free.GetInt64()) : "unknown")}");
        JsonElement totals = status.GetProperty("totals");
        output.WriteLine($"\n{Title("Totals")}\n");
        output.WriteLine($"Connection count: {totals.GetProperty("connection_count")}");
        output.WriteLine($"Queue count: {totals.GetProperty("queue_count")}");
        output.WriteLine($"Virtual host count: {totals.GetProperty("virtual_host_count")}");
        output.WriteLine($"\n{Title("Listeners")}\n");
        ListenerText.Write(output, status.GetProperty("listeners"));
    }

    private static void WriteItems(TextWriter output, JsonElement items)
    {
        bool isEmpty = true;
        foreach (JsonElement item in items.EnumerateArray())
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $" * {TermText.Of(item)}"));
            isEmpty = false;
        }
        if (isEmpty)
            output.WriteLine(" (none)");
    }

    // Bold, whether a terminal reads it or not: what RabbitMQ does, and what scripts have learnt to cut away.
    private static string Title(string text) => Bold.Of(text);
}
