using System.Collections.Immutable;
using System.Net;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads where AMQP is served. As in RabbitMQ, a listener in a file goes before the environment's address and port.
/// </summary>
public static class ListenerSection
{
    /// <exception cref="ConfigurationException">The environment's address or port is malformed.</exception>
    public static ImmutableArray<ListenerOptions> Read(Settings settings, NodeEnvironment environment)
    {
        var listeners = ImmutableArray.CreateBuilder<ListenerOptions>();
        if (!settings.Is("listeners.tcp", "none"))
        {
            listeners.AddRange(Named(settings, "listeners.tcp", isTls: false));
            if (listeners.Count == 0)
                listeners.Add(FromEnvironment(environment));
        }

        if (!settings.Is("listeners.ssl", "none"))
            listeners.AddRange(Named(settings, "listeners.ssl", isTls: true));
        return listeners.ToImmutable();
    }

    private static IEnumerable<ListenerOptions> Named(Settings settings, string prefix, bool isTls)
    {
        foreach (var (name, entry) in settings.Named(prefix))
        {
            ValueText.TryListener(entry.Value, out var address, out var port);
            yield return new ListenerOptions(name, address, port, isTls);
        }
    }

    private static ListenerOptions FromEnvironment(NodeEnvironment environment)
    {
        var port = environment.FindPort("NODE_PORT") ?? ListenerOptions.DefaultPort;
        IPAddress? address = null;
        if (environment.Find("NODE_IP_ADDRESS") is { } text and not "auto" && !ValueText.TryAddress(text, out address))
        {
            throw new ConfigurationException(
                $"expected RABBITMQ_NODE_IP_ADDRESS to be an IP address, localhost or auto; found \"{text}\"");
        }

        return new ListenerOptions("default", address, port, IsTls: false);
    }
}
