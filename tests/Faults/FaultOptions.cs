using System.Globalization;

namespace Warren.Faults;

/// <summary>What a fault run was told to do.</summary>
internal sealed record FaultOptions
{
    /// <summary>How it is told.</summary>
    public const string Usage =
        "faults [kill] [clean] [full] [cluster, or of it: forming, joining, guide, failover, leader, rolling, "
        + "partition, disks, clock, membership, balancer] [--rounds N] [--short | --brief] [--seed N] "
        + "[--broker warren|rabbitmq]";

    /// <summary>What the run of a cluster consists of, in this order; each can be run by name.</summary>
    public static readonly IReadOnlyList<string> OfCluster =
        [
            "forming", "joining", "guide", "failover", "leader", "rolling", "partition", "disks", "clock",
            "membership", "balancer",
        ];

    private static readonly string[] All = ["kill", "clean", "full", "cluster"];

    /// <summary>Which runs, in this order.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>What randomness follows from; null: something new.</summary>
    public int? Seed { get; init; }

    /// <summary>Kills under load.</summary>
    public int Rounds { get; init; } = 200;

    /// <summary>How much of the cluster's run.</summary>
    public RunLength Length { get; init; }

    /// <summary>RabbitMQ instead of Warren, to see what the harness says of it.</summary>
    public bool IsRabbit { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="FaultException">It is not understood.</exception>
    public static FaultOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new FaultOptions { Names = [] };
        List<string> names = [];
        for (int at = 0; at < arguments.Count; at++)
        {
            string argument = arguments[at];
            string value = at + 1 < arguments.Count ? arguments[at + 1] : "";
            switch (argument)
            {
                case "--seed":
                    options = options with { Seed = Number(argument, value) };
                    at++;
                    break;
                case "--rounds":
                    options = options with { Rounds = Number(argument, value) };
                    at++;
                    break;
                case "--short":
                    options = options with { Length = RunLength.Short };
                    break;
                case "--brief":
                    options = options with { Length = RunLength.Brief };
                    break;
                case "--broker" when value is "warren" or "rabbitmq":
                    options = options with { IsRabbit = value == "rabbitmq" };
                    at++;
                    break;
                default:
                    if (!All.Contains(argument) && !OfCluster.Contains(argument))
                        throw new FaultException($"\"{argument} {value}\" is not understood; usage: {Usage}");
                    names.Add(argument);
                    break;
            }
        }
        return options with { Names = names.Count == 0 ? All : names };
    }

    private static int Number(string argument, string value) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out int number) && number >= 0
            ? number
            : throw new FaultException($"{argument} takes a number, not \"{value}\"; usage: {Usage}");
}
