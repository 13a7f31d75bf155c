namespace Warren.Server.Logging;

/// <summary>
/// The end of a log file, and what is written to it from then on; a file that is rotated is followed.
/// </summary>
public static class LogTail
{
    /// <summary>So much of the file's end is looked at.</summary>
    private const int TailBytes = 1024 * 1024;

    /// <summary>Between looks at a file that grows.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The last lines, the oldest first, and where the file ended.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static (IReadOnlyList<string> Lines, long EndBytes) Read(string path, int count)
    {
        using FileStream file = Open(path);
        long endBytes = file.Length;
        file.Seek(-Math.Min(TailBytes, endBytes), SeekOrigin.End);
        using var reader = new StreamReader(file);
        var last = new Queue<string>();
        while (reader.ReadLine() is { } line)
        {
            last.Enqueue(line);
            if (last.Count > count)
                last.Dequeue();
        }
        return ([.. last], endBytes);
    }

    /// <summary>Hands over each line written behind a place in the file, until cancelled.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fromBytes">Where to begin; the file that takes its place is read from its start.</param>
    /// <param name="take">Takes some lines.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task FollowAsync(
        string path, long fromBytes, Func<IReadOnlyList<string>, Task> take, TimeProvider time,
        CancellationToken cancellation)
    {
        string begun = "";
        while (!cancellation.IsCancellationRequested)
        {
            (string text, fromBytes) = await ReadFromAsync(path, fromBytes, cancellation).ConfigureAwait(false);
            string[] lines = (begun + text).Split('\n');
            begun = lines[^1];
            if (lines.Length > 1)
                await take(lines[..^1]).ConfigureAwait(false);
            await Task.Delay(LookEvery, time, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<(string Text, long EndBytes)> ReadFromAsync(
        string path, long fromBytes, CancellationToken cancellation)
    {
        FileStream file;
        try
        {
            file = Open(path);
        }
        catch (FileNotFoundException)
        {
            // Between two files of a rotation.
            return ("", 0);
        }
        await using (file.ConfigureAwait(false))
        {
            file.Seek(fromBytes <= file.Length ? fromBytes : 0, SeekOrigin.Begin);
            using var reader = new StreamReader(file);
            string text = await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
            return (text, file.Position);
        }
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
