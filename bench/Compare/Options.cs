using System.Globalization;

namespace Warren.Compare;

/// <summary>The command line: names of scenarios, and options.</summary>
internal sealed record Options
{
    internal const string Usage =
        "run [NAME ...] [--rounds N] [--seconds S] [--warm-up S] [--only warren|rabbitmq] [--server PATH] [--raw]";

    internal IReadOnlyList<Scenario> Scenarios { get; private init; } = Scenario.All;

    /// <summary>Each broker measures every scenario so often, in turn. Three give a median.</summary>
    internal int Rounds { get; private init; } = 3;

    /// <summary>Measured time of one run.</summary>
    internal double Seconds { get; private init; } = 8;

    /// <summary>Both brokers compile while they run; after this they are at speed.</summary>
    internal double WarmUpSeconds { get; private init; } = 4;

    /// <summary>Measure one broker only, by its name in lower case; empty is both.</summary>
    internal string Only { get; private init; } = "";

    /// <summary>The Warren to measure.</summary>
    internal string Server { get; private init; } = "";

    /// <summary>Print the load tool's own lines too.</summary>
    internal bool Raw { get; private init; }

    internal static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        var names = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string next = i + 1 < arguments.Count ? arguments[i + 1] : "";
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                names.Add(arguments[i]);
            else if (arguments[i] == "--raw")
                options = options with { Raw = true };
            else
                (options, i) = (options.With(arguments[i], next), i + 1);
        }

        string? unknown = names.Find(name => Scenario.All.All(scenario => scenario.Name != name));
        if (unknown is not null)
        {
            string known = string.Join(", ", Scenario.All.Select(scenario => scenario.Name));
            throw new FormatException($"no scenario is called '{unknown}'; there are {known}");
        }

        return names.Count == 0
            ? options
            : options with { Scenarios = [.. Scenario.All.Where(scenario => names.Contains(scenario.Name))] };
    }

    private Options With(string option, string value) => option switch
    {
        "--rounds" => this with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
        "--seconds" => this with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--warm-up" => this with { WarmUpSeconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--only" => this with { Only = value },
        "--server" => this with { Server = value },
        _ => throw new FormatException($"unknown option {option}; usage: {Usage}"),
    };
}
