namespace Warren.Compare;

/// <summary>One broker's readings in one scenario: for every round, one for each step.</summary>
internal sealed class Result
{
    private readonly List<Reading[]> _rounds = [];

    /// <summary>Why the broker failed a step, or null.</summary>
    internal string? Failure(int step) =>
        _rounds.Select(round => round[step].Error).FirstOrDefault(one => one is not null);

    /// <summary>False when some round's step ended with messages that never came or were not there.</summary>
    internal bool Complete(int step) => _rounds.TrueForAll(round => round[step].Complete);

    internal void Add(Reading[] round) => _rounds.Add(round);

    /// <summary>The middle of a step's values over all rounds, or null when it has none.</summary>
    internal double? Median(Func<Reading, double?> value, int step) =>
        Middle(_rounds.Select(round => value(round[step])));

    /// <summary>The median of the ratios within a round, which the machine's slow minutes do not move.</summary>
    internal double? RatioTo(Result? other, Func<Reading, double?> value, int step) => other is null
        ? null
        : Middle(_rounds.Zip(other._rounds, (one, two) => value(one[step]) / value(two[step])));

    /// <summary>The same among this broker's own steps.</summary>
    internal double? RatioToStep(Func<Reading, double?> value, int other, int step) =>
        Middle(_rounds.Select(round => value(round[step]) / value(round[other])));

    /// <summary>The same with the mean of the steps before and after it.</summary>
    internal double? RatioToNeighbours(Func<Reading, double?> value, int step) => Middle(_rounds.Select(
        round => value(round[step]) / ((value(round[step - 1]) + value(round[step + 1])) / 2)));

    /// <summary>The same of the highest memory from the first step to this one.</summary>
    internal double? PeakRatioTo(Result? other, int step) => other is null
        ? null
        : Middle(_rounds.Zip(other._rounds, (one, two) => Peak(one, step) / Peak(two, step)));

    /// <summary>The lowest step's rate as a share of the best one's.</summary>
    internal double? LowestToBest()
    {
        double?[] rates = [.. Enumerable.Range(0, _rounds[0].Length).Select(step => Median(one => one.Rate, step))];
        return Array.Exists(rates, rate => rate is null) ? null : rates.Min() / rates.Max();
    }

    private static double? Peak(Reading[] round, int step) => round.Take(step + 1).Max(one => one.PeakMiB);

    private static double? Middle(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        if (sorted.Length == 0)
            return null;
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
