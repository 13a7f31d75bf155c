using System.Globalization;

namespace Warren.Micro;

/// <summary>
/// Compares the guards in one scene: short rounds in which each guard has its turn, the order changing from round to
/// round; then the median of the ratios within a round, so that what else the machine did cancels out.
/// </summary>
internal sealed class Comparison(Scene scene, int bodyBytes, int messagesInRead)
{
    private static readonly Guard[] Guards = Enum.GetValues<Guard>();

    internal static string Head =>
        "| scene | body | pool turns: M/s | CPU ns | rate: inline / pool | lock / pool " +
        "| CPU: inline / pool | lock / pool |\n" +
        "|---|---|---|---|---|---|---|---|";

    internal string Run(int rounds, TimeSpan warmUp, TimeSpan length)
    {
        var rates = new double[Guards.Length][];
        var costs = new double[Guards.Length][];
        for (int i = 0; i < Guards.Length; i++)
            (rates[i], costs[i]) = (new double[rounds], new double[rounds]);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < Guards.Length; i++)
            {
                int which = (i + round) % Guards.Length;
                var trial = new Trial(scene, Guards[which], bodyBytes, messagesInRead);
                (rates[which][round], costs[which][round]) = trial.Run(warmUp, length);
            }
        }

        int pool = (int)Guard.PoolTurns;
        return string.Create(CultureInfo.InvariantCulture,
            $"| {scene.Name} | {bodyBytes} B | {Median(rates[pool]) / 1e6:0.00} | {Median(costs[pool]):0} " +
            $"| {Ratio(rates, Guard.InlineTurns)} | {Ratio(rates, Guard.Lock)} " +
            $"| {Ratio(costs, Guard.InlineTurns)} | {Ratio(costs, Guard.Lock)} |");

        // The median, and in parentheses what the middle half of the rounds lies between.
        string Ratio(double[][] values, Guard guard)
        {
            double[] ratios = [.. values[(int)guard].Zip(values[pool], (one, other) => one / other).Order()];
            return string.Create(CultureInfo.InvariantCulture,
                $"{Median(ratios):0.00} ({ratios[ratios.Length / 4]:0.00} to {ratios[ratios.Length * 3 / 4]:0.00})");
        }
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
