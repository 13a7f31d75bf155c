using System.Globalization;
using Warren.Server.Configuration;

namespace Warren.Server;

/// <summary>The file that holds the process id while the node runs: what <c>rabbitmqctl wait</c> looks at.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <exception cref="ConfigurationException">It cannot be written.</exception>
    public static PidFile Write(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new PidFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the pid file {path} cannot be written: {error.Message}");
        }
    }

    public void Dispose() => File.Delete(_path);
}
