namespace Warren.Cli.CommandLine;

/// <summary>How alike two words are, as RabbitMQ's tools reckon when a command is mistyped (Jaro's distance).</summary>
internal static class Similarity
{
    /// <summary>Less alike than this is no suggestion.</summary>
    public const double Threshold = 0.8;

    /// <summary>The command that was meant; null: nothing is like it.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? nearest = null;
        double best = Threshold;
        foreach (string candidate in known)
        {
            double alike = Between(word, candidate);
            if (alike <= best)
                continue;
            best = alike;
            nearest = candidate;
        }
        return nearest;
    }

    /// <summary>0 for nothing in common to 1 for the same.</summary>
    public static double Between(string first, string second)
    {
        if (first.Length == 0 || second.Length == 0)
            return first.Length == second.Length ? 1 : 0;
        int reach = Math.Max(0, (Math.Max(first.Length, second.Length) / 2) - 1);
        bool[] matchedFirst = new bool[first.Length];
        bool[] matchedSecond = new bool[second.Length];
        int matches = 0;
        for (int i = 0; i < first.Length; i++)
        {
            int end = Math.Min(second.Length - 1, i + reach);
            for (int j = Math.Max(0, i - reach); j <= end; j++)
            {
                if (matchedSecond[j] || first[i] != second[j])
                    continue;
                matchedFirst[i] = matchedSecond[j] = true;
                matches++;
                break;
            }
        }
        if (matches == 0)
            return 0;
        int misplaced = 0;
        for (int i = 0, j = 0; i < first.Length; i++)
        {
            if (!matchedFirst[i])
                continue;
            while (!matchedSecond[j])
                j++;
            misplaced += first[i] == second[j++] ? 0 : 1;
        }
        double common = matches;
        return ((common / first.Length) + (common / second.Length) + ((common - (misplaced / 2)) / common)) / 3;
    }
}
