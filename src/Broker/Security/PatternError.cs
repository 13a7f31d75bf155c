using System.Text.RegularExpressions;
using Warren.Broker.Arguments;

namespace Warren.Broker.Security;

/// <summary>What is wrong with a pattern, in PCRE's words, which RabbitMQ repeats.</summary>
/// <param name="Reason">Such as <c>missing )</c>.</param>
/// <param name="Offset">Where, in bytes from the start of the pattern.</param>
public sealed record PatternError(string Reason, int Offset)
{
    /// <summary>Null if it is a regular expression.</summary>
    public static PatternError? Of(string pattern)
    {
        try
        {
            NamePattern.Check(pattern);
            return null;
        }
        catch (RegexParseException wrong)
        {
            return Of(pattern, wrong);
        }
    }

    /// <summary>As Erlang prints it: <c>{"missing )",1}</c>.</summary>
    public string ToErlang() => $"{{{ErlangTerm.List(System.Text.Encoding.UTF8.GetBytes(Reason))},{Offset}}}";

    // Where the two matchers count differently; the others are off by what was rewritten before, if anything.
    private static PatternError Of(string pattern, RegexParseException wrong)
    {
        int end = System.Text.Encoding.UTF8.GetByteCount(pattern);
        int at = Math.Min(wrong.Offset, end);
        int before = Math.Max(at - 1, 0);
        return wrong.Error switch
        {
            RegexParseError.InsufficientClosingParentheses => new("missing )", end),
            RegexParseError.InsufficientOpeningParentheses => new("unmatched parentheses", before),
            RegexParseError.QuantifierAfterNothing or RegexParseError.NestedQuantifiersNotParenthesized =>
                new("nothing to repeat", before),
            RegexParseError.UnterminatedBracket => new("missing terminating ] for character class", end),
            RegexParseError.UnescapedEndingBackslash => new(@"\ at end of pattern", end),
            RegexParseError.ReversedCharacterRange => new("range out of order in character class", before),
            RegexParseError.ReversedQuantifierRange => new("numbers out of order in {} quantifier", before),
            RegexParseError.QuantifierOrCaptureGroupOutOfRange => new("number too big in {} quantifier", at),
            RegexParseError.InvalidGroupingConstruct => new("unrecognized character after (? or (?-", at),
            RegexParseError.UndefinedNumberedReference or RegexParseError.UndefinedNamedReference =>
                new("reference to non-existent subpattern", at),
            RegexParseError.UnterminatedComment => new("missing ) after comment", end),
            RegexParseError.InvalidUnicodePropertyEscape => new(@"unknown property name after \P or \p", at),
            RegexParseError.MalformedUnicodePropertyEscape => new(@"malformed \P or \p sequence", at),
            _ => new(Words(wrong.Message), at),
        };
    }

    // The runtime's message repeats the pattern first; what follows the last offset is the reason.
    private static string Words(string message)
    {
        int offset = message.LastIndexOf(" at offset ", StringComparison.Ordinal);
        int reason = offset < 0 ? -1 : message.IndexOf(". ", offset, StringComparison.Ordinal);
        return reason < 0 ? message : message[(reason + 2)..].TrimEnd('.');
    }
}
