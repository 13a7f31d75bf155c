namespace Warren.Conformance.Player;

/// <summary>Where a broker listens, with the credentials of its administrator.</summary>
public sealed record Endpoint(string Host, int Port, string User, string Password)
{
    /// <summary>Reads amqp://user:password@host:port.</summary>
    public static Endpoint Parse(string text)
    {
        Uri uri = new(text);
        string[] user = uri.UserInfo.Split(':', 2);
        return user.Length == 2
            ? new Endpoint(uri.Host, uri.Port, user[0], user[1])
            : new Endpoint(uri.Host, uri.Port, "guest", "guest");
    }

    /// <summary>The address as client libraries take it, with the virtual host already escaped.</summary>
    public string Uri(string virtualHost = "%2F") => $"amqp://{User}:{Password}@{Host}:{Port}/{virtualHost}";
}
