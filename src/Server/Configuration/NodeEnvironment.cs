namespace Warren.Server.Configuration;

/// <summary>
/// What the process was started with: its variables, those of <c>rabbitmq-env.conf</c> under them, where the program
/// lies and what the machine is called. Immutable and without any access to the machine, so tests can make one.
/// </summary>
public sealed class NodeEnvironment
{
    private const string Prefix = "RABBITMQ_";

    private readonly IReadOnlyDictionary<string, string> _process;
    private readonly IReadOnlyDictionary<string, string> _file;

    /// <param name="process">The process's variables, full names.</param>
    /// <param name="file">The variables of <c>rabbitmq-env.conf</c>, names without <c>RABBITMQ_</c>.</param>
    /// <param name="programDirectory">The directory that holds the executable.</param>
    /// <param name="hostName">The machine's name, short or long.</param>
    public NodeEnvironment(
        IReadOnlyDictionary<string, string> process,
        IReadOnlyDictionary<string, string> file,
        string programDirectory,
        string hostName)
    {
        _process = process;
        _file = file;
        ProgramDirectory = programDirectory.TrimEnd('/');
        HostName = hostName;
    }

    public string ProgramDirectory { get; }

    public string HostName { get; }

    /// <summary>The same process, with the variables of an environment file under its own.</summary>
    public NodeEnvironment WithFile(IReadOnlyDictionary<string, string> file) =>
        new(_process, file, ProgramDirectory, HostName);

    /// <summary>
    /// <c>RABBITMQ_name</c> of the process, else <c>name</c> of <c>rabbitmq-env.conf</c>. Empty counts as not set,
    /// as it does for RabbitMQ.
    /// </summary>
    public string? Find(string name)
    {
        var value = _process.GetValueOrDefault(Prefix + name);
        if (string.IsNullOrEmpty(value))
            value = _file.GetValueOrDefault(name);
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>A port number from a variable; null when it is not set.</summary>
    /// <exception cref="ConfigurationException">It is set to something else.</exception>
    public int? FindPort(string name)
    {
        if (Find(name) is not { } text)
            return null;
        return ushort.TryParse(text, out var port)
            ? port
            : throw new ConfigurationException(
                $"expected {Prefix}{name} to be a port from 0 to 65535; found \"{text}\"");
    }

    /// <summary>Any variable by its full name, for <c>$(NAME)</c> in configuration files.</summary>
    public string? FindAny(string name) =>
        _process.GetValueOrDefault(name)
        ?? (name.StartsWith(Prefix, StringComparison.Ordinal) ? _file.GetValueOrDefault(name[Prefix.Length..]) : null);
}
