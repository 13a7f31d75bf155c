namespace Warren.Load;

/// <summary>Where the broker listens and who logs in.</summary>
internal sealed record BrokerAddress(string Host, int Port, string User, string Password, string VirtualHost)
{
    private const int DefaultPort = 5672;

    internal const string Default = "amqp://guest:guest@127.0.0.1:5672";

    /// <summary>Reads amqp://user:password@host:port/vhost; everything but the host may be left out.</summary>
    internal static BrokerAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != "amqp")
            throw new UsageException($"'{text}' is not an address like {Default}");
        string[] login = uri.UserInfo.Split(':', 2);
        bool named = login.Length == 2;
        string path = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        return new BrokerAddress(
            uri.Host,
            uri.Port > 0 ? uri.Port : DefaultPort,
            named ? Uri.UnescapeDataString(login[0]) : "guest",
            named ? Uri.UnescapeDataString(login[1]) : "guest",
            path.Length == 0 ? "/" : path);
    }
}
