using Warren.Broker;
using Warren.Broker.Definitions.Import;
using Warren.Server.Configuration;
using Warren.Server.Definitions;
using Warren.Server.Logging;

namespace Warren.Server;

/// <summary>
/// Reads the definitions that <c>load_definitions</c> names: a file, or the <c>*.json</c> of a directory.
/// </summary>
internal static class BootDefinitions
{
    /// <exception cref="ConfigurationException">
    /// A file cannot be read or applied; the node must not start half defined.
    /// </exception>
    public static void Load(string? path, MessageBroker broker, NodeLog log)
    {
        if (path is null)
            return;
        foreach (string file in Find(path))
        {
            DefinitionsDocument document = Read(file, broker);
            foreach (string warning in document.Warnings)
                log.Write(LogLevel.Warning, LogCategory.Default, $"{file}: {warning}");
            log.Write(
                LogLevel.Info, LogCategory.Default,
                $"applied definitions of {file}: "
                + $"{document.Vhosts.Length} vhosts, {document.Users.Length} users, "
                + $"{document.Policies.Length} policies, {document.Exchanges.Length} exchanges, "
                + $"{document.Queues.Length} queues, {document.Bindings.Length} bindings");
        }
    }

    private static string[] Find(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? [.. Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal)]
                : [path];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"load_definitions: {path} cannot be listed: {error.Message}");
        }
    }

    private static DefinitionsDocument Read(string file, MessageBroker broker)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            DefinitionsDocument document = DefinitionsReader.Read(stream, broker.PasswordHashing);
            broker.Administration.ImportAsync(document).GetAwaiter().GetResult();
            return document;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DefinitionsException)
        {
            throw new ConfigurationException($"load_definitions: {file}: {error.Message}");
        }
    }
}
