using System.Globalization;

namespace Warren.Server.Cluster;

/// <summary>
/// Takes a data directory out of the way and leaves it to the operator: what was in it may be all that is left of
/// somebody's messages.
/// </summary>
internal static class SetAside
{
    private const string Mark = ".set-aside.";

    /// <summary>
    /// Renames it; returns what it is called now, null if there was nothing. The node must not use it.
    /// </summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static string? Run(string directory)
    {
        if (!Directory.Exists(directory))
            return null;
        for (int number = 1; ; number++)
        {
            string aside = directory + Mark + number.ToString(CultureInfo.InvariantCulture);
            if (Directory.Exists(aside))
                continue;
            Directory.Move(directory, aside);
            return aside;
        }
    }
}
