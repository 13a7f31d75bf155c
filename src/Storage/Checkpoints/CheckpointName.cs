using System.Globalization;

namespace Warren.Storage.Checkpoints;

/// <summary>Names of checkpoint files: the number in ten digits, so that names sort as numbers do.</summary>
internal static class CheckpointName
{
    public const string Directory = "checkpoint";

    public const string UnfinishedSuffix = ".new";

    private const string Suffix = ".ckp";

    public static string PathOf(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Directory}/{number:D10}{Suffix}");

    /// <summary>The number in a file's name; null if it is no checkpoint's.</summary>
    public static long? Parse(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, name.Length - Suffix.Length),
            NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}
