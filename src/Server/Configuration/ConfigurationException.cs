namespace Warren.Server.Configuration;

/// <summary>
/// The configuration cannot be used and the node must not start. The message is one sentence for the operator:
/// where (file and line), what was expected, what was found.
/// </summary>
public sealed class ConfigurationException : Exception
{
    public ConfigurationException(string message)
        : base(message)
    {
    }

    /// <param name="message">The sentence.</param>
    /// <param name="cause">What it comes from.</param>
    public ConfigurationException(string message, Exception cause)
        : base(message, cause)
    {
    }

    public ConfigurationException(string file, int line, string message)
        : base($"{file}:{line}: {message}")
    {
    }

    public ConfigurationException(ConfigurationEntry entry, string message)
        : base($"{entry.Place}: {message}")
    {
    }
}
