using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Warren.Broker.Security;

/// <summary>
/// A regular expression that an operator wrote for names, matched as RabbitMQ matches it: anywhere in the name unless
/// anchored, by code point, never by culture; the empty pattern matches the empty name alone.
///
/// A pattern must not be able to stop the broker, so it is compiled to an automaton that reads each character once, or
/// to several where it begins with look-ahead (<see cref="LeadingAssertions"/>). What an automaton cannot do (other
/// look-around, back-references, atomic groups) is matched by backtracking under a time limit; past it the name does
/// not match, which refuses. One that runs into the limit again and again is given up: it matches nothing any more, so
/// that thousands of names do not cost thousands of times the limit. Used by any thread.
/// </summary>
public sealed class NamePattern
{
    /// <summary>
    /// Per try; names have 255 bytes at most, so an honest pattern is done ten thousand times sooner.
    /// </summary>
    private static readonly TimeSpan BacktrackingLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The limit is of the wall clock: on a busy machine an honest pattern is late once, but not thrice.
    /// </summary>
    private const int Tries = 3;

    /// <summary>
    /// What a pattern may run into the limit: each time counts so much, each match that ends in time counts it down by
    /// one.
    /// </summary>
    private const int MostLateness = 100;

    private const int LatenessOfOne = 20;

    /// <summary><c>.*</c></summary>
    public static readonly NamePattern Everything = new(".*", null);

    private readonly Regex? _regex;
    // What must, or must not, match the beginning as well.
    private readonly (Regex Regex, bool IsNegative)[] _assertions = [];
    // Counted without care for threads that meet: it need not be exact.
    private int _lateness;

    private NamePattern(string text, Regex? regex)
    {
        Text = text;
        _regex = regex;
    }

    private NamePattern(string text)
    {
        Text = text;
        string translated = text.Length == 0 ? "^$" : PcreSyntax.Translate(text);
        try
        {
            _regex = Automaton(translated);
        }
        catch (NotSupportedException)
        {
            NeedsBacktracking = !TrySplit(text, out _regex, out _assertions);
            _regex ??= new Regex(translated, RegexOptions.CultureInvariant, BacktrackingLimit);
        }
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <summary>It took too long too often, and matches nothing any more.</summary>
    internal bool IsGivenUp => _lateness >= MostLateness;

    /// <summary>Matching takes what it takes, up to the limit.</summary>
    internal bool NeedsBacktracking { get; }

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
            pattern = new NamePattern(text);
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
        if (NeedsBacktracking)
            return MatchesInTime(name);
        foreach ((Regex assertion, bool isNegative) in _assertions)
        {
            if (assertion.IsMatch(name) == isNegative)
                return false;
        }
        return _regex.IsMatch(name);
    }

    public override string ToString() => Text;

    /// <summary>The pattern that matches exactly this text.</summary>
    internal static string Escape(string text) => Regex.Escape(text);

    /// <exception cref="RegexParseException">It is no regular expression.</exception>
    internal static void Check(string text) => _ = new NamePattern(text);

    private static Regex Automaton(string translated) =>
        new(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static bool TrySplit(string text, out Regex? regex, out (Regex, bool)[] assertions)
    {
        regex = null;
        assertions = [];
        if (!LeadingAssertions.TrySplit(text, out List<(string Inner, bool IsNegative)> leading, out string rest))
            return false;
        try
        {
            assertions =
            [
                .. leading.Select(each => (Automaton($"^(?:{PcreSyntax.Translate(each.Inner)})"), each.IsNegative)),
            ];
            regex = Automaton(PcreSyntax.Translate(rest));
            return true;
        }
        catch (Exception error) when (error is NotSupportedException or RegexParseException)
        {
            // A part needs what only the whole has: more look-around, or a group to refer to.
            assertions = [];
            return false;
        }
    }

    private bool MatchesInTime(ReadOnlySpan<char> name)
    {
        for (int tries = 0; tries < Tries && !IsGivenUp; tries++)
        {
            try
            {
                bool matches = _regex!.IsMatch(name);
                if (_lateness > 0)
                    _lateness--;
                return matches;
            }
            catch (RegexMatchTimeoutException)
            {
                // Once more.
            }
        }
        _lateness += LatenessOfOne;
        return false;
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
