using System.Text.RegularExpressions;

namespace Warren.Faults.Clusters;

/// <summary>
/// How often a cluster gave each answer, and how long clients waited for it. A wait that is longer than any answer may
/// take, and a refusal that is none of the known ones, fail the run.
/// </summary>
internal sealed partial class Answers
{
    /// <summary>
    /// What the documents promise is about ten seconds for a change without a majority, and less for everything else;
    /// the rest is for machines that are busy with something else.
    /// </summary>
    public static readonly TimeSpan MostWait = TimeSpan.FromSeconds(20);

    /// <summary>What a client may be told while nodes are away, stop or are killed: how it begins.</summary>
    private static readonly string[] Clear =
    [
        "541 INTERNAL_ERROR - definitions cannot be changed now: ",
        "404 NOT_FOUND - home node ",
        "404 NOT_FOUND - leader node ",
        "320 CONNECTION_FORCED - ",
    ];

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, AnswerCount> _counts = new(StringComparer.Ordinal);

    /// <summary>The longest wait of all.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_lock)
                return _counts.Values.Select(count => count.Longest).DefaultIfEmpty().Max();
        }
    }

    /// <summary>How many refusals with 541 there were.</summary>
    public int CountOf541
    {
        get
        {
            lock (_lock)
                return _counts.Where(count => count.Key.Contains(": 541 ", StringComparison.Ordinal))
                    .Sum(count => count.Value.Number);
        }
    }

    /// <summary>Begins to wait.</summary>
    public static long Now => TimeProvider.System.GetTimestamp();

    /// <summary>A request was answered with ok.</summary>
    public void Ok(string request, long since) => Add($"{request}: ok", since);

    /// <summary>A request was refused, in words that have to be clear.</summary>
    public void Refused(string where, string request, string text, long since)
    {
        Add($"{request}: {Names().Replace(text, "'…'")}", since);
        if (!Clear.Any(start => text.StartsWith(start, StringComparison.Ordinal))
            && !(text.StartsWith("404 NOT_FOUND - queue ", StringComparison.Ordinal)
                && text.Contains(" has no leader: a majority of its members (", StringComparison.Ordinal)))
            throw new FaultException($"{where}: {request} was refused with what nobody can make sense of: {text}");
    }

    /// <summary>The connection ended instead, or something else came that is no matter of rules.</summary>
    public void Else(string request, string text, long since) =>
        Add($"{request}: {Names().Replace(text, "'…'")}", since);

    /// <summary>Waits for an answer for as long as any may take.</summary>
    public static async Task<T> WithinAsync<T>(Task<T> answer, string where, string request, Func<string> log)
    {
        try
        {
            return await answer.WaitAsync(MostWait);
        }
        catch (TimeoutException)
        {
            throw new FaultException(
                $"{where} has not answered for {MostWait.TotalSeconds} s to {request}\n{log()}");
        }
    }

    /// <summary>A line for each answer, with its count and the longest wait.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            return string.Join('\n', _counts.Select(count =>
                $"  {count.Value.Number,7} x {count.Key} (at most {count.Value.Longest.TotalSeconds:0.00} s)"));
        }
    }

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Names();

    private void Add(string text, long since)
    {
        TimeSpan wait = TimeProvider.System.GetElapsedTime(since);
        lock (_lock)
        {
            AnswerCount count = _counts.GetValueOrDefault(text) ?? new AnswerCount(0, TimeSpan.Zero);
            _counts[text] = new AnswerCount(count.Number + 1, wait > count.Longest ? wait : count.Longest);
        }
    }
}
