using System.Reflection;
using System.Runtime.InteropServices;
using Warren.Amqp;

namespace Warren.Broker.Connections;

/// <summary>What connection.start tells a client about the server (docs/decisions/0004-identity.md).</summary>
internal static class ServerProperties
{
    private static readonly string[] Capabilities =
    [
        "publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
        "connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos",
        "direct_reply_to",
    ];

    /// <summary>Warren's own version.</summary>
    public static string WarrenVersion { get; } =
        typeof(ServerProperties).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <param name="options">The node's.</param>
    /// <param name="clusterName">The cluster's name of now.</param>
    /// <param name="withCapabilities">AMQP 0-8 clients get an empty table, as from RabbitMQ.</param>
    public static FieldTable Make(BrokerOptions options, string clusterName, bool withCapabilities)
    {
        var capabilities = new FieldTable();
        if (withCapabilities)
        {
            foreach (string name in Capabilities)
                capabilities.Add(name, FieldValue.Of(true));
        }
        var properties = new FieldTable();
        properties.Add("capabilities", FieldValue.Of(capabilities));
        properties.Add("cluster_name", FieldValue.Of(clusterName));
        properties.Add("copyright", FieldValue.Of("Copyright the Warren authors"));
        properties.Add("information", FieldValue.Of("Warren, a clustered message broker. Licensed under Apache 2.0"));
        properties.Add("platform", FieldValue.Of(RuntimeInformation.FrameworkDescription));
        properties.Add("product", FieldValue.Of(options.ProductName));
        properties.Add("version", FieldValue.Of(options.ProductVersion));
        properties.Add("warren_version", FieldValue.Of(WarrenVersion));
        return properties;
    }
}
