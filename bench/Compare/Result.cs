namespace Warren.Compare;

/// <summary>One broker's readings in one scenario: for every round, one for each step.</summary>
internal sealed class Result
{
    private readonly List<Reading[]> _rounds = [];

    internal string? Failure =>
        _rounds.SelectMany(round => round).FirstOrDefault(one => one.Error is not null)?.Error;

    /// <summary>Whether some run ended with messages that never came.</summary>
    internal bool Undrained => _rounds.Exists(round => Array.Exists(round, one => !one.Drained));

    internal void Add(Reading[] round) => _rounds.Add(round);

    /// <summary>The middle of a step's values over all rounds, or null when it has none.</summary>
    internal double? Median(Func<Reading, double?> value, int step = 0) =>
        Middle(_rounds.Select(round => step < round.Length ? value(round[step]) : null));

    /// <summary>The median of the ratios within a round, which the machine's slow minutes do not move.</summary>
    internal double? RatioTo(Result? other, Func<Reading, double?> value, int step = 0)
    {
        if (other is null || other.Failure is not null)
            return null;
        return Middle(_rounds.Zip(other._rounds, (one, two) => value(one[step]) / value(two[step])));
    }

    /// <summary>The lowest step's rate as a share of the best one's.</summary>
    internal double? LowestToBest()
    {
        double?[] rates = [.. Enumerable.Range(0, _rounds[0].Length).Select(step => Median(one => one.Rate, step))];
        return rates.Min() / rates.Max();
    }

    private static double? Middle(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        if (sorted.Length == 0)
            return null;
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
