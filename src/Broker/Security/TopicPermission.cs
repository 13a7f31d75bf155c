using System.Diagnostics.CodeAnalysis;

namespace Warren.Broker.Security;

/// <summary>
/// One user's rights to routing keys of one topic exchange. Patterns may hold <c>{username}</c>, <c>{vhost}</c> and
/// <c>{client_id}</c> (MQTT); what they stand for is taken literally, so that a user called <c>.*</c> gains nothing.
/// </summary>
public sealed class TopicPermission
{
    private readonly NamePattern _write;
    private readonly NamePattern _read;

    private TopicPermission(string writeText, string readText, NamePattern write, NamePattern read)
    {
        WriteText = writeText;
        ReadText = readText;
        _write = write;
        _read = read;
    }

    /// <summary>The pattern as it was set, with its variables.</summary>
    public string WriteText { get; }

    /// <summary>The pattern as it was set, with its variables.</summary>
    public string ReadText { get; }

    /// <summary>Compiles both patterns for one user.</summary>
    /// <param name="write">Keys that may be published with.</param>
    /// <param name="read">Keys that may be bound with.</param>
    /// <param name="username">Stands for <c>{username}</c>.</param>
    /// <param name="vhost">Stands for <c>{vhost}</c>.</param>
    /// <param name="clientId">
    /// Stands for <c>{client_id}</c>; null leaves the variable as it is, as AMQP 0-9-1 has none.
    /// </param>
    /// <param name="permission">The result.</param>
    /// <param name="error">Which pattern is wrong and why.</param>
    public static bool TryCreate(
        string write,
        string read,
        string username,
        string vhost,
        string? clientId,
        [NotNullWhen(true)] out TopicPermission? permission,
        [NotNullWhen(false)] out string? error)
    {
        permission = null;
        if (!NamePattern.TryCompile(Expand(write, username, vhost, clientId), out NamePattern? writePattern, out error)
            || !NamePattern.TryCompile(
                Expand(read, username, vhost, clientId), out NamePattern? readPattern, out error))
        {
            return false;
        }

        permission = new TopicPermission(write, read, writePattern, readPattern);
        return true;
    }

    /// <param name="access">Write or read; configure does not exist for topics and is allowed.</param>
    /// <param name="routingKey">The message's or the binding's key.</param>
    public bool Allows(Access access, ReadOnlySpan<char> routingKey) => access switch
    {
        Access.Write => _write.Matches(routingKey),
        Access.Read => _read.Matches(routingKey),
        _ => true,
    };

    // One pass, so that a value that looks like a variable is not expanded again.
    private static string Expand(string pattern, string username, string vhost, string? clientId)
    {
        if (!pattern.Contains('{', StringComparison.Ordinal))
            return pattern;
        var expanded = new System.Text.StringBuilder(pattern.Length + username.Length);
        int at = 0;
        while (at < pattern.Length)
        {
            ReadOnlySpan<char> rest = pattern.AsSpan(at);
            (string variable, string? value) =
                rest.StartsWith("{username}", StringComparison.Ordinal) ? ("{username}", username)
                : rest.StartsWith("{vhost}", StringComparison.Ordinal) ? ("{vhost}", vhost)
                : rest.StartsWith("{client_id}", StringComparison.Ordinal) ? ("{client_id}", clientId)
                : ("", null);
            if (value is null)
            {
                expanded.Append(pattern[at]);
                at++;
                continue;
            }

            expanded.Append(NamePattern.Escape(value));
            at += variable.Length;
        }

        return expanded.ToString();
    }
}
