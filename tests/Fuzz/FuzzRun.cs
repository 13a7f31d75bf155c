using System.Diagnostics;
using Warren.Amqp;

namespace Warren.Fuzz;

/// <summary>
/// Runs cases of one target on a thread of its own, while the caller watches that they end. Case n of a run has the
/// seed "run's seed + n".
/// </summary>
public sealed class FuzzRun(FuzzTarget target, int seed)
{
    // A case takes microseconds; a machine that is busy with something else takes no seconds for one.
    private static readonly TimeSpan CaseTimeLimit = TimeSpan.FromSeconds(20);

    private const int MostShownBytes = 200;

    private long _cases;
    private Exception? _failure;
    private volatile bool _isStopping;

    /// <summary>How many cases were run.</summary>
    public long Cases => Volatile.Read(ref _cases);

    /// <summary>How many inputs were refused; the others were accepted although mutated.</summary>
    public long Refused { get; private set; }

    /// <summary>Runs until the time or the count is reached.</summary>
    /// <exception cref="FuzzException">A promise did not hold; the message tells the seed of the case.</exception>
    public void Run(TimeSpan time, long cases = long.MaxValue)
    {
        var worker = new Thread(() => Work(cases)) { IsBackground = true, Name = $"fuzz {target.Name}" };
        var watch = Stopwatch.StartNew();
        worker.Start();
        var seen = -1L;
        var seenAt = watch.Elapsed;
        while (!worker.Join(TimeSpan.FromMilliseconds(50)))
        {
            if (watch.Elapsed >= time)
                _isStopping = true;
            if (Cases != seen)
                (seen, seenAt) = (Cases, watch.Elapsed);
            if (watch.Elapsed - seenAt > CaseTimeLimit)
                throw new FuzzException($"{target.Name}, seed {seed + (int)seen}: does not end");
        }

        if (_failure is not null)
            throw new FuzzException(_failure.Message, _failure);
    }

    private void Work(long cases)
    {
        for (var n = 0L; n < cases && !_isStopping; n++)
        {
            var caseSeed = seed + (int)n;
            var random = new Random(caseSeed);
            var input = target.MakeValid(random);
            // A few go in as they are, so that the accepting paths are seen too.
            if (random.Next(16) > 0)
                input = target.Mutate(input, random);
            try
            {
                Check(input);
            }
            catch (Exception e)
            {
                _failure = new FuzzException(
                    $"{target.Name}, seed {caseSeed}, input {Describe(input)}: {e.Message}", e);
                return;
            }

            Volatile.Write(ref _cases, n + 1);
        }
    }

    private static string Describe(byte[] input) => input.Length <= MostShownBytes
        ? Convert.ToHexString(input)
        : $"{Convert.ToHexString(input.AsSpan(0, MostShownBytes))}... of {input.Length} bytes";

    private void Check(byte[] input)
    {
        var allowed = target.AllowedBytes + target.AllowedBytesPerInputByte * input.Length;
        var allocated = Measure(input);
        // What is made once (a type's statics, an exception's resources) is not made again.
        if (allocated > allowed)
            allocated = Measure(input);
        FuzzException.Unless(allocated <= allowed, $"allocates {allocated} bytes for {input.Length} bytes of input");
    }

    private long Measure(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Check(input);
        }
        catch (Exception e) when (e is WireFormatException or AmqpException)
        {
            Refused++;
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
