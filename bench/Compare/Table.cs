using System.Globalization;

namespace Warren.Compare;

/// <summary>The table of one run, in Markdown, one scenario after the other.</summary>
internal static class Table
{
    private const string Missing = "-";

    internal static string Head =>
        "| scenario | | Warren | RabbitMQ | ratio | CPU us a message | peak MiB | p99 ms | written/published " +
        "| expected | |\n|---|---|---|---|---|---|---|---|---|---|---|";

    internal static string Line(Scenario scenario, int index, Result? warren, Result? rabbit)
    {
        Step step = scenario.Steps[index];
        string idle = Both("0.00", reading => reading.IdleCpuPercent);
        double? ratio = warren?.RatioTo(rabbit, step.Shows.Value, index);
        return $"| {scenario.Name} | {step.Title} " +
            $"| {Main(warren)} | {Main(rabbit)} | {(ratio is null ? Missing : Number(ratio, "0.00") + "x")} " +
            $"| {(idle == Missing ? Both("0.00", reading => reading.CpuMicroseconds) : $"idle {idle} %")} " +
            $"| {Both("0", reading => reading.PeakMiB)} " +
            $"| {Both("0.00", reading => reading.P99Microseconds / 1000)} " +
            $"| {Both("0.00", reading => reading.Written)} " +
            $"| {string.Join("; ", step.Expected.Select(one => one.Text))} | {Verdict(step, index, warren, rabbit)} |";

        string Main(Result? result) =>
            result?.Median(step.Shows.Value, index) is { } value ? step.Shows.Say(value) : Missing;

        string Both(string format, Func<Reading, double?> value)
        {
            double? one = warren?.Median(value, index);
            double? two = rabbit?.Median(value, index);
            return one is null && two is null ? Missing : $"{Number(one, format)} / {Number(two, format)}";
        }
    }

    private static string Verdict(Step step, int index, Result? warren, Result? rabbit)
    {
        var parts = new List<string>();
        if (warren?.Failure(index) is { } failure)
            parts.Add($"FAILED: {failure}");
        else if (warren is not null)
            parts.AddRange(step.Expected.Select(one => one.Judge(new Outcome(warren, rabbit, index))));
        if (warren?.Complete(index) == false)
            parts.Add("messages missing");
        if (rabbit?.Failure(index) is { } other)
            parts.Add($"RabbitMQ FAILED: {other}");
        if (rabbit?.Complete(index) == false)
            parts.Add("RabbitMQ: messages missing");
        return string.Join("; ", parts);
    }

    private static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? Missing;
}
