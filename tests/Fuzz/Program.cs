using System.Globalization;
using Warren.Broker.Topology;
using Warren.Fuzz;

// dotnet run -c Release --project tests/Fuzz -- --seconds 60 --seed 1 --target tables
// Without --target all targets share the time. A failure prints the seed of its case: repeat it with --cases 1.
// Names hash the same in every process, so that a broker goes through its maps in the same order.
NameHash.UseSeed(1);
var seconds = 10;
var seed = 1;
var cases = long.MaxValue;
var targets = FuzzTargets.All;
for (var i = 0; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    switch (args[i])
    {
        case "--seconds":
            seconds = int.Parse(value, CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(value, CultureInfo.InvariantCulture);
            break;
        case "--cases":
            cases = long.Parse(value, CultureInfo.InvariantCulture);
            break;
        case "--target" when FuzzTargets.Find(value) is { } target:
            targets = [target];
            break;
        default:
            var names = string.Join('|', FuzzTargets.All.Select(target => target.Name));
            Console.Error.WriteLine($"Usage: [--seconds N] [--seed N] [--cases N] [--target {names}]");
            return 2;
    }
}

foreach (var target in targets)
{
    var run = new FuzzRun(target, seed);
    try
    {
        run.Run(TimeSpan.FromSeconds((double)seconds / targets.Count), cases);
    }
    catch (FuzzException failure)
    {
        Console.Error.WriteLine(failure);
        return 1;
    }

    Console.WriteLine($"{target.Name}: seed {seed}, {run.Cases} cases, {run.Refused} refused");
}

return 0;
