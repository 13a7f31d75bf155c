using System.Globalization;

namespace Warren.Compare;

/// <summary>The table of one run, in Markdown, one scenario after the other.</summary>
internal static class Table
{
    private const string Missing = "-";

    internal static string Head =>
        "| scenario | | Warren | RabbitMQ | ratio | CPU us a message | peak MiB | p99 ms | expected | |\n" +
        "|---|---|---|---|---|---|---|---|---|---|";

    internal static string Lines(Scenario scenario, Result? warren, Result? rabbit)
    {
        var lines = new List<string>();
        for (int step = 0; step < scenario.Steps.Length; step++)
            lines.Add(Line(scenario, step, warren, rabbit));
        return string.Join('\n', lines);
    }

    private static string Line(Scenario scenario, int step, Result? warren, Result? rabbit)
    {
        bool last = step == scenario.Steps.Length - 1;
        (double? ratio, string verdict) = warren is null ? (null, Missing) : scenario.Expected.Judge(warren, rabbit);
        if (warren?.Undrained == true)
            verdict += " (messages missing at the end)";
        string idle = Both("0.00", reading => reading.IdleCpuPercent);
        return $"| {scenario.Name} | {scenario.Steps[step].Title} " +
            $"| {Rate(warren)} | {Rate(rabbit)} " +
            $"| {RatioText(last ? ratio : null)} " +
            $"| {(idle == Missing ? Both("0.00", reading => reading.CpuMicroseconds) : $"idle {idle} %")} " +
            $"| {Both("0", reading => reading.PeakMiB)} " +
            $"| {Both("0.00", reading => reading.P99Microseconds / 1000)} " +
            $"| {(last ? scenario.Expected.Text : "")} | {(last ? verdict : "")} |";

        string Rate(Result? result) => Number(result?.Median(reading => reading.Rate, step), "#,0");

        string RatioText(double? scenarioRatio)
        {
            double? rates = warren?.RatioTo(rabbit, reading => reading.Rate, step);
            if (scenarioRatio is null)
                return rates is null ? Missing : Number(rates, "0.00") + "x";
            return Number(scenarioRatio, "0.00") + (scenario.Steps.Length > 1 ? " lowest/best" : "x");
        }

        string Both(string format, Func<Reading, double?> value)
        {
            double? one = warren?.Median(value, step);
            double? two = rabbit?.Median(value, step);
            return one is null && two is null ? Missing : $"{Number(one, format)} / {Number(two, format)}";
        }
    }

    private static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? Missing;
}
