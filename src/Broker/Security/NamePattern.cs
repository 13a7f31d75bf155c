using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Warren.Broker.Security;

/// <summary>
/// A regular expression that an operator wrote for names, matched as RabbitMQ matches it: anywhere in the name unless
/// anchored, by code point, never by culture; the empty pattern matches the empty name alone.
///
/// A pattern must not be able to stop the broker, so it is compiled to an automaton that reads each character once.
/// What an automaton cannot do (look-around, back-references, atomic groups) is matched by backtracking under a time
/// limit; past it the name does not match, which refuses. One that runs into the limit again and again is given up: it
/// matches nothing any more, so that thousands of names do not cost thousands of times the limit. Used by any thread.
/// </summary>
public sealed class NamePattern
{
    /// <summary>
    /// Per match; names have 255 bytes at most, so an honest pattern is done a thousand times sooner.
    /// </summary>
    private static readonly TimeSpan BacktrackingLimit = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// What a pattern may run into the limit: each time counts so much, each match that ends in time counts it down by
    /// one. A busy machine makes an honest pattern late now and then, never so often.
    /// </summary>
    private const int MostLateness = 200;

    private const int LatenessOfOne = 20;

    /// <summary><c>.*</c></summary>
    public static readonly NamePattern Everything = new(".*", null);

    private readonly Regex? _regex;
    // Counted without care for threads that meet: it need not be exact.
    private int _lateness;

    private NamePattern(string text, Regex? regex)
    {
        Text = text;
        _regex = regex;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <summary>It took too long too often, and matches nothing any more.</summary>
    internal bool IsGivenUp => _lateness >= MostLateness;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="text">In the syntax of PCRE as Erlang's <c>re</c> takes it.</param>
    /// <param name="pattern">The result.</param>
    /// <param name="error">A sentence that names the pattern and what is wrong with it.</param>
    public static bool TryCompile(
        string text, [NotNullWhen(true)] out NamePattern? pattern, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (text == ".*")
        {
            pattern = Everything;
            return true;
        }

        try
        {
            pattern = new NamePattern(text, Build(text));
            return true;
        }
        catch (RegexParseException wrong)
        {
            pattern = null;
            error = $"'{text}' is not a regular expression: {Reason(wrong)}";
            return false;
        }
    }

    /// <summary>Compiles a pattern that is known to be good, such as one in a program or a test.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static NamePattern Compile(string text) =>
        TryCompile(text, out NamePattern? pattern, out string? error) ? pattern : throw new ArgumentException(error);

    /// <summary>Allocates nothing unless the pattern needs backtracking.</summary>
    public bool Matches(ReadOnlySpan<char> name)
    {
        if (_regex is null)
            return true;
        if (IsGivenUp)
            return false;
        try
        {
            bool matches = _regex.IsMatch(name);
            if (_lateness > 0)
                _lateness--;
            return matches;
        }
        catch (RegexMatchTimeoutException)
        {
            _lateness += LatenessOfOne;
            return false;
        }
    }

    public override string ToString() => Text;

    /// <summary>The pattern that matches exactly this text.</summary>
    internal static string Escape(string text) => Regex.Escape(text);

    /// <exception cref="RegexParseException">It is no regular expression.</exception>
    internal static void Check(string text) => Build(text);

    private static Regex Build(string text)
    {
        string translated = text.Length == 0 ? "^$" : PcreSyntax.Translate(text);
        try
        {
            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            return new Regex(translated, RegexOptions.CultureInvariant, BacktrackingLimit);
        }
    }

    // The runtime's message repeats the pattern first; what follows the last offset is the reason.
    private static string Reason(RegexParseException wrong)
    {
        string message = wrong.Message;
        int offset = message.LastIndexOf(" at offset ", StringComparison.Ordinal);
        int reason = offset < 0 ? -1 : message.IndexOf(". ", offset, StringComparison.Ordinal);
        return reason < 0 ? message : $"{message[(reason + 2)..].TrimEnd('.')} at offset {wrong.Offset}";
    }
}
