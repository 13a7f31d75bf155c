using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A node log at random work on a disk that crashes, life after life: any operation of the disk may be the last of a
/// life, a start's own included. Now and then checkpoints are lost as well, so that a start has to go by the older one
/// or by the log alone. Everything is drawn from the seed.
/// </summary>
internal sealed class LogSimulation
{
    private readonly Random _random;
    private readonly Story _story;
    private readonly SimulatedNode _node;
    private readonly RandomWork _work;
    private readonly HashSet<string> _damagedCheckpoints = [];
    private readonly int _mostOperations;
    private Expectation _expectation;

    private LogSimulation(int seed, Story story)
    {
        _random = new Random(seed);
        _story = story;
        _node = new SimulatedNode(RandomWork.Options(_random), story)
        {
            IsExpectedDamage = damage => _damagedCheckpoints.Count > 0
                && damage.Contains(".ckp", StringComparison.Ordinal),
        };
        _work = new RandomWork(_node, _random);
        _mostOperations = 20 << _random.Next(5);
    }

    /// <summary>Starts, works and crashes, so many times; returns the crashes.</summary>
    public static long Run(int seed, int lives) =>
        SimulationException.Watch(nameof(LogSimulation), seed, story =>
        {
            new LogSimulation(seed, story).Run(lives);
            return story.Crashes;
        });

    private void Run(int lives)
    {
        for (int life = 0; life < lives; life++)
        {
            Live();
            Crash();
            if (_random.Next(5) == 0)
                LoseCheckpoints();
        }
        _node.Disk.BeforeOperation = null;
        _node.Start(_expectation);
        _node.ReadAll();
    }

    private void Live()
    {
        FaultyDisk disk = _node.Disk;
        long crashAt = disk.OperationCount + 1 + _random.Next(1, _mostOperations);
        disk.BeforeOperation = _ =>
        {
            if (disk.OperationCount >= crashAt)
                throw new CrashException();
        };
        try
        {
            _node.Start(_expectation);
            _expectation = Expectation.Exact;
            for (int step = 0; step < 400; step++)
                _work.Step();
        }
        catch (CrashException)
        {
            _story.Tell("crash in the middle");
        }
    }

    private void Crash()
    {
        _story.Crashes++;
        bool onlyProcess = _random.Next(5) == 0;
        _story.Tell(onlyProcess ? "the process dies" : "the power fails");
        _node.Disk = onlyProcess ? _node.Disk.CrashProcess() : _node.Disk.Crash(_random);
    }

    private void LoseCheckpoints()
    {
        FaultyDisk disk = _node.Disk;
        List<string> whole =
        [
            .. disk.List("checkpoint").Where(name => name.EndsWith(".ckp", StringComparison.Ordinal))
                .Select(name => "checkpoint/" + name)
                .Where(path => !_damagedCheckpoints.Contains(path)).OrderDescending(),
        ];
        int lost = _random.Next(3) == 0 ? 1 : whole.Count;
        foreach (string path in whole.Take(lost))
        {
            _story.Tell($"{path} is lost");
            using IDiskFile file = disk.Open(path);
            if (_random.Next(2) == 0)
                disk.Remove(path);
            else
            {
                disk.FlipBit(path, _random.NextInt64(file.LengthBytes), _random.Next(8));
                _damagedCheckpoints.Add(path);
            }
        }
        // A start that did not come as far as to be told of it needs to be told by the next.
        if (whole.Count <= lost)
            _expectation = Expectation.LogAlone;
    }
}
