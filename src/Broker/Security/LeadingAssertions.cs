namespace Warren.Broker.Security;

/// <summary>
/// Splits look-ahead off the start of a pattern: <c>^(?!amq\.)(?=.*x)rest</c> is "does not begin like amq\., begins
/// like .*x, and ^rest". Each part alone is something that an automaton can do, so that the usual way to except names
/// needs no backtracking and no time limit.
/// </summary>
internal static class LeadingAssertions
{
    /// <returns>False if the pattern does not begin so, or cannot be split: then it is one pattern.</returns>
    public static bool TrySplit(string pattern, out List<(string Inner, bool IsNegative)> assertions, out string rest)
    {
        assertions = [];
        rest = pattern;
        // Where a parenthesis or a bracket may stand for itself in ways that are not followed here.
        if (!pattern.StartsWith('^') || pattern.Contains(@"\Q", StringComparison.Ordinal)
            || pattern.Contains("(?#", StringComparison.Ordinal))
            return false;
        int at = 1;
        while (pattern.AsSpan(at) is var next && (next.StartsWith("(?!") || next.StartsWith("(?=")))
        {
            int end = EndOfGroup(pattern, at);
            if (end < 0)
                return false;
            assertions.Add((pattern[(at + 3)..end], pattern[at + 2] == '!'));
            at = end + 1;
        }
        rest = "^" + pattern[at..];
        // The assertions are for the first of several alternatives alone, and cannot be repeated.
        return assertions.Count > 0
            && !(at < pattern.Length && pattern[at] is '*' or '+' or '?' or '{')
            && !HasAlternatives(pattern, at);
    }

    /// <summary>Where the group that begins here is closed; -1: nowhere.</summary>
    private static int EndOfGroup(string pattern, int at)
    {
        int depth = 0;
        for (; at < pattern.Length; at = Next(pattern, at))
        {
            if (pattern[at] == '(')
                depth++;
            else if (pattern[at] == ')' && --depth == 0)
                return at;
        }
        return -1;
    }

    private static bool HasAlternatives(string pattern, int at)
    {
        int depth = 0;
        for (; at < pattern.Length; at = Next(pattern, at))
        {
            if (pattern[at] == '(')
                depth++;
            else if (pattern[at] == ')')
                depth--;
            else if (pattern[at] == '|' && depth == 0)
                return true;
        }
        return false;
    }

    // Behind this character, or behind the escape or the class that begins here.
    private static int Next(string pattern, int at) => pattern[at] switch
    {
        '\\' => at + 2,
        '[' => EndOfClass(pattern, at),
        _ => at + 1,
    };

    private static int EndOfClass(string pattern, int at)
    {
        at++;
        if (at < pattern.Length && pattern[at] == '^')
            at++;
        // First in a class a closing bracket stands for itself.
        if (at < pattern.Length && pattern[at] == ']')
            at++;
        while (at < pattern.Length && pattern[at] != ']')
        {
            int named = pattern.AsSpan(at).StartsWith("[:")
                ? pattern.IndexOf(":]", at + 2, StringComparison.Ordinal)
                : -1;
            at = named >= 0 ? named + 2 : at + (pattern[at] == '\\' ? 2 : 1);
        }
        return at + 1;
    }
}
