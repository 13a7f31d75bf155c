using System.Globalization;

namespace Warren.Compare;

/// <summary>The command line: names of scenarios, and options.</summary>
internal sealed record Options
{
    internal const string Usage =
        "run [NAME ...] [--rounds N] [--seconds S] [--warm-up S] [--scale F] [--only warren|rabbitmq] " +
        "[--directory PATH] [--server PATH] [--tool PATH] [--raw]";

    internal IReadOnlyList<Scenario> Scenarios { get; private init; } = [];

    /// <summary>Each broker measures every scenario so often, in turn. Three give a median.</summary>
    internal int Rounds { get; private init; } = 3;

    /// <summary>Measured time of one run.</summary>
    internal double Seconds { get; private init; } = 8;

    /// <summary>Both brokers compile while they run; after this they are at speed.</summary>
    internal double WarmUpSeconds { get; private init; } = 4;

    /// <summary>What fixed numbers of messages and queues are multiplied with, for a quick look.</summary>
    internal double Scale { get; private init; } = 1;

    /// <summary>Where the brokers keep their data: a real disk, which the temporary directory often is not.</summary>
    internal string Directory { get; private init; } = "/var/tmp";

    /// <summary>Measure one broker only, by its name in lower case; empty is both.</summary>
    internal string Only { get; private init; } = "";

    /// <summary>The Warren to measure.</summary>
    internal string Server { get; private init; } = "";

    /// <summary>The command line tool that goes with it.</summary>
    internal string Tool { get; private init; } = "";

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

        IReadOnlyList<Scenario> all = Scenario.All(options.Scale);
        string? unknown = names.Find(name => all.All(scenario => scenario.Name != name));
        if (unknown is not null)
        {
            string known = string.Join(", ", all.Select(scenario => scenario.Name));
            throw new FormatException($"no scenario is called '{unknown}'; there are {known}");
        }

        return options with
        {
            Scenarios = [.. all.Where(scenario => names.Count == 0 || names.Contains(scenario.Name))],
        };
    }

    private Options With(string option, string value) => option switch
    {
        "--rounds" => this with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
        "--seconds" => this with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--warm-up" => this with { WarmUpSeconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--scale" => this with { Scale = double.Parse(value, CultureInfo.InvariantCulture) },
        "--directory" => this with { Directory = Path.GetFullPath(value) },
        "--only" => this with { Only = value },
        "--tool" => this with { Tool = value },
        "--server" => this with { Server = value },
        _ => throw new FormatException($"unknown option {option}; usage: {Usage}"),
    };
}
