using System.Globalization;

namespace Warren.Storage.Log;

/// <summary>Names of segment files: the id in ten digits, so that names sort as ids do.</summary>
internal static class SegmentName
{
    public const string Directory = "log";

    private const string Suffix = ".seg";

    public static string PathOf(uint segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{Directory}/{segment:D10}{Suffix}");

    /// <summary>The id in the name of a segment's file, and what stands behind it for what has become of it.</summary>
    public static (uint? Segment, string Suffix) ParseAny(string name)
    {
        const int plain = 14;
        return name.Length <= plain ? (Parse(name), "") : (Parse(name[..plain]), name[plain..]);
    }

    /// <summary>The id in a file's name; null if it is no segment's.</summary>
    public static uint? Parse(string name) =>
        name.Length == 10 + Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
        && uint.TryParse(name.AsSpan(0, 10), NumberStyles.None, CultureInfo.InvariantCulture, out uint segment)
            ? segment
            : null;
}
