using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Warren.Broker;
using Warren.Server.Configuration;
using Warren.Server.Listeners;

namespace Warren.Server.Control;

/// <summary>What <c>status</c> tells of the node, with the names of RabbitMQ's JSON.</summary>
internal static class NodeReport
{
    public static string WarrenVersion { get; } = typeof(NodeReport).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static void Write(Utf8JsonWriter json, NodeHost host)
    {
        NodePlaces places = host.Options.Places;
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteString("os", OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription);
        json.WriteNumber("uptime", (long)host.Seams.Time.GetElapsedTime(host.StartedTimestamp).TotalSeconds);
        json.WriteBoolean("is_under_maintenance", host.Node is { IsDrained: true });
        json.WriteString("rabbitmq_version", host.Options.Broker.ProductVersion);
        json.WriteString("warren_version", WarrenVersion);
        json.WriteString("node", places.NodeName);
        json.WriteString("runtime_version", $".NET {Environment.Version}");
        json.WriteString("crypto_lib_version", CryptoLibrary());
        json.WriteNumber("threads", ThreadPool.ThreadCount);
        json.WriteNumber("run_queue", ThreadPool.PendingWorkItemCount);
        json.WriteString("enabled_plugin_file", places.EnabledPluginsFile);
        Texts(json, "active_plugins", Plugins.Enabled(host).Where(EnabledPlugins.IsBuiltIn));
        json.WriteString("data_directory", places.DataDirectory);
        json.WriteString("raft_data_directory", places.DataDirectory);
        Texts(json, "config_files", host.Options.ConfigurationFiles);
        Texts(json, "log_files", LogFiles(host.Options.Log));
        if (host.Node is { } node)
            WriteBroker(json, host, node);
    }

    public static void WriteAlarms(Utf8JsonWriter json, NodeHost host)
    {
        json.WriteStartArray("alarms");
        if (host.Node is { } node)
        {
            if (node.Broker.Alarms.IsDiskOn)
                Alarm(json, host, "disk");
            if (node.Broker.Alarms.IsMemoryOn)
                Alarm(json, host, "memory");
        }
        json.WriteEndArray();
    }

    public static void WriteListeners(Utf8JsonWriter json, NodeHost host)
    {
        json.WriteStartArray("listeners");
        if (host.Cluster?.Address is { } peers)
        {
            json.WriteStartObject();
            json.WriteString("interface", Interface(IPAddress.Parse(peers.Host)));
            json.WriteString("node", host.Options.Places.NodeName);
            json.WriteNumber("port", peers.Port);
            json.WriteString("protocol", "clustering");
            json.WriteString("purpose", "inter-node and CLI tool communication");
            json.WriteEndObject();
        }
        foreach (AmqpListener listener in host.Node?.Listeners ?? [])
        {
            json.WriteStartObject();
            WriteListener(json, host, listener);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The members of one listener's object.</summary>
    public static void WriteListener(Utf8JsonWriter json, NodeHost host, AmqpListener listener)
    {
        json.WriteString("interface", Interface(listener.LocalEndPoint.Address));
        json.WriteString("node", host.Options.Places.NodeName);
        json.WriteNumber("port", listener.LocalEndPoint.Port);
        json.WriteString("protocol", listener.IsTls ? "amqp/ssl" : "amqp");
        json.WriteString("purpose", listener.IsTls ? "AMQP 0-9-1 over TLS" : "AMQP 0-9-1");
    }

    private static void WriteBroker(Utf8JsonWriter json, NodeHost host, Node node)
    {
        MessageBroker broker = node.Broker;
        WriteAlarms(json, host);
        WriteListeners(json, host);
        WriteMemory(json, broker);
        json.WriteNumber("vm_memory_limit", broker.Alarms.MemoryLimitBytes);
        json.WriteStartObject("vm_memory_high_watermark_setting");
        if (host.Limits.MemoryHighWatermarkBytes is { } absolute)
            json.WriteNumber("absolute", absolute);
        else
            json.WriteNumber("relative", host.Limits.MemoryHighWatermark);
        json.WriteEndObject();
        json.WriteNumber("disk_free_limit", broker.Alarms.DiskLimitBytes);
        if (broker.Alarms.DiskFreeBytes is { } freeBytes)
            json.WriteNumber("disk_free", freeBytes);
        else
            json.WriteString("disk_free", "unknown");
        (int used, long limit) = ProcessFiles.Count();
        json.WriteStartObject("file_descriptors");
        json.WriteNumber("total_used", used);
        json.WriteNumber("total_limit", limit);
        json.WriteNumber("sockets_used", broker.Connections.Count);
        json.WriteNumber("sockets_limit", limit);
        json.WriteEndObject();
        json.WriteStartObject("totals");
        json.WriteNumber("connection_count", broker.Connections.Count);
        json.WriteNumber("queue_count", broker.AllQueues().Length);
        json.WriteNumber("virtual_host_count", broker.Topology.Vhosts.Count);
        json.WriteEndObject();
    }

    // What the node can tell apart: messages, the rest of the managed heap, and everything else of the process.
    private static void WriteMemory(Utf8JsonWriter json, MessageBroker broker)
    {
        long total = Environment.WorkingSet;
        long messages = broker.Slabs.OutstandingBytes;
        long heap = GC.GetTotalMemory(forceFullCollection: false);
        json.WriteStartObject("memory");
        json.WriteNumber("messages", messages);
        json.WriteNumber("other_managed", Math.Max(0, heap - messages));
        json.WriteNumber("runtime", Math.Max(0, total - heap));
        json.WriteString("strategy", "rss");
        json.WriteStartObject("total");
        json.WriteNumber("rss", total);
        json.WriteNumber("allocated", heap);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Alarm(Utf8JsonWriter json, NodeHost host, string resource)
    {
        json.WriteStartObject();
        json.WriteString("node", host.Options.Places.NodeName);
        json.WriteString("resource", resource);
        json.WriteString("type", "resource_limit");
        json.WriteEndObject();
    }

    private static IEnumerable<string> LogFiles(LogOptions log)
    {
        if (log.FilePath is { } path)
            yield return path;
        if (log.Console)
            yield return "<stdout>";
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static string Interface(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private static string CryptoLibrary()
    {
        if (!OperatingSystem.IsLinux())
            return "the system's";
        long version = SafeEvpPKeyHandle.OpenSslVersion;
        return $"OpenSSL {version >> 28}.{(version >> 20) & 0xff}.{(version >> 4) & 0xff}";
    }
}
