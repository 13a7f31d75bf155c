using System.Security.Cryptography;
using System.Text;
using Warren.Server.Configuration;

namespace Warren.Server;

/// <summary>
/// The secret that the nodes of a cluster and their tools share, where RabbitMQ has it. Made at the first start as
/// Erlang makes it; one that others may read is no secret and stops the start, as it does Erlang's.
/// </summary>
internal static class ErlangCookie
{
    /// <summary>As many as Erlang takes: 94 bits.</summary>
    private const int Letters = 20;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes the cookie if there is none, and checks it.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="problem">
    /// Why there is none and none could be made: a node can do without while it is alone. Null: there is one.
    /// </param>
    /// <returns>The secret, without the line's end.</returns>
    /// <exception cref="ConfigurationException">
    /// It cannot be read, others than its owner may use it, or it is none.
    /// </exception>
    public static byte[] Prepare(string path, out string? problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(path))
                Make(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = $"the cookie file {path} cannot be made: {error.Message}";
            return [];
        }
        try
        {
            return Read(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the cookie file {path} cannot be read: {error.Message}");
        }
    }

    private static byte[] Read(string path)
    {
        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & Others) != 0)
        {
            throw new ConfigurationException(
                $"Cookie file {path} must be accessible by owner only; it has mode {Convert.ToString((int)mode, 8)}. "
                + $"\"chmod 400 {path}\" mends it. Who could read it may know it: make a new one if that is anybody");
        }
        string cookie = File.ReadAllText(path).TrimEnd('\r', '\n');
        if (cookie.Length == 0 || cookie.Any(letter => letter is < ' ' or > '~'))
        {
            throw new ConfigurationException(
                $"expected the cookie file {path} to hold one line of printable ASCII; found something else. "
                + "Copy the cookie of the cluster's other nodes, or remove the file to get a new one");
        }
        return Encoding.ASCII.GetBytes(cookie);
    }

    // Whole or not at all, and never two: a second start at the same time takes the first one's.
    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string made = $"{path}.{Environment.ProcessId}";
        File.Delete(made);
        using (var file = new FileStream(made, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead,
        }))
        {
            file.Write(RandomNumberGenerator.GetItems("ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8, Letters));
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(made, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(made);
        }
    }
}
