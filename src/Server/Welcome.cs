using System.Reflection;
using Warren.Server.Configuration;
using Warren.Server.Listeners;

namespace Warren.Server;

/// <summary>The one screen a person sees when a node has started: what it is, where to connect, what to try.</summary>
internal static class Welcome
{
    public static string Version { get; } =
        "Warren " + typeof(Welcome).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static void Print(TextWriter console, NodeOptions options, Node node)
    {
        console.WriteLine();
        console.WriteLine(
            $"  {Version}, a message broker that speaks AMQP 0-9-1 as RabbitMQ {options.Broker.ProductVersion} does");
        console.WriteLine();
        console.WriteLine($"  node        {options.Places.NodeName}");
        foreach (AmqpListener listener in node.Listeners)
        {
            console.WriteLine(
                $"  connect to  {(listener.IsTls ? "amqps" : "amqp")}://{options.Broker.DefaultUser}:...@"
                + $"{Host(listener)}:{listener.LocalEndPoint.Port}/   vhost {options.Broker.DefaultVhost}");
        }
        console.WriteLine($"  data        {options.Places.DataDirectory}");
        console.WriteLine($"  log         {options.Log.FilePath ?? "standard output"}");
        string files = options.ConfigurationFiles.IsEmpty
            ? "no configuration, defaults hold"
            : string.Join(", ", options.ConfigurationFiles);
        console.WriteLine($"  read        {files}");
        console.WriteLine();
        console.WriteLine(
            "  try         python3 -c \"import pika; c = pika.BlockingConnection(); h = c.channel(); "
            + "h.queue_declare('hello'); h.basic_publish('', 'hello', 'Hi'); print(h.basic_get('hello')[2])\"");
        console.WriteLine();
        console.WriteLine("  Durable queues survive a restart, and so do the persistent messages in them.");
        console.WriteLine("  Ctrl-C stops the node.   completed start-up.");
        console.Flush();
    }

    private static string Host(AmqpListener listener) =>
        listener.LocalEndPoint.Address.Equals(System.Net.IPAddress.Any)
        || listener.LocalEndPoint.Address.Equals(System.Net.IPAddress.IPv6Any)
            ? "localhost"
            : listener.LocalEndPoint.ToString()[..listener.LocalEndPoint.ToString().LastIndexOf(':')];
}
