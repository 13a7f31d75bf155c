namespace Warren.Cli;

/// <summary>
/// What a command takes from the process that it runs in: variables, its own place, the machine's name.
/// </summary>
/// <param name="Variables">By name; null: not set.</param>
/// <param name="ProgramDirectory">Where the program lies, without a slash at its end.</param>
/// <param name="HostName">The machine's name, short or long.</param>
internal sealed record CallerEnvironment(
    Func<string, string?> Variables, string ProgramDirectory, string HostName)
{
    public static CallerEnvironment OfProcess() =>
        new(Environment.GetEnvironmentVariable, AppContext.BaseDirectory.TrimEnd('/'), Environment.MachineName);

    /// <summary>A variable that counts as missing when it is empty, as RabbitMQ has it.</summary>
    public string? Find(string name) => Variables(name) is { Length: > 0 } value ? value : null;
}
