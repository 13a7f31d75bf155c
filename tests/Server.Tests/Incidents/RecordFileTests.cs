using System.Globalization;
using Warren.Cluster.Incidents;
using Warren.Server.Incidents;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.Incidents;

public sealed class RecordFileTests
{
    [Fact]
    public void Lines_come_behind_those_that_are_there_and_the_oldest_go()
    {
        FaultyDisk disk = NewDisk();
        for (int number = 0; number < 2500; number++)
            RecordFile.Append(disk, [Line(number)]);
        int[] numbers = Numbers(disk);
        Assert.InRange(numbers.Length, RecordFile.MostEntries / 2, RecordFile.MostEntries);
        Assert.Equal(Enumerable.Range(2500 - numbers.Length, numbers.Length), numbers);
    }

    [Fact]
    public void It_is_bounded_in_bytes_too()
    {
        FaultyDisk disk = NewDisk();
        string text = new('x', IncidentFormat.MostCharacters);
        for (int number = 0; number < 900; number++)
        {
            RecordFile.Append(disk, [IncidentFormat.Write(new KeptIncident(
                DateTimeOffset.UnixEpoch, new Incident(IncidentKind.DiskSpace, "s", $"{number} {text}")))]);
        }
        using IDiskFile file = disk.Open(IncidentFormat.Path);
        Assert.InRange(file.LengthBytes, RecordFile.MostBytes / 2, RecordFile.MostBytes);
        Assert.StartsWith("899 x", RecordFile.Read(disk)[^1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_was_cut_off_is_passed_over_and_goes_with_the_next()
    {
        FaultyDisk disk = NewDisk();
        RecordFile.Append(disk, [Line(1), Line(2)]);
        using (IDiskFile file = disk.Open(IncidentFormat.Path))
            file.SetLength(file.LengthBytes - 5);
        Assert.Equal([1], Numbers(disk));
        RecordFile.Append(disk, [Line(3)]);
        Assert.Equal([1, 3], Numbers(disk));
    }

    [Fact]
    public void A_crash_anywhere_loses_nothing_that_was_kept_before()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            // The last of them rewrites the file.
            int most = seed % 2 == 0 ? 3 : RecordFile.MostEntries + 1;
            for (long number = 1; ; number++)
            {
                FaultyDisk disk = NewDisk();
                RecordFile.Append(disk, [.. Enumerable.Range(0, most - 1).Select(Line)]);
                var random = new Random(seed);
                FaultyDisk? crashed = null;
                long at = disk.OperationCount + number;
                disk.BeforeOperation = operation =>
                {
                    if (operation.Number == at)
                        crashed = disk.PeekCrash(random);
                };
                RecordFile.Append(disk, [Line(most - 1)]);
                int[] left = Numbers(crashed ?? disk.Crash(random));
                Assert.Equal(Enumerable.Range(left[0], left.Length), left);
                Assert.InRange(left[^1], crashed is null ? most - 1 : most - 2, most - 1);
                if (crashed is null)
                    break;
            }
        }
    }

    private static FaultyDisk NewDisk()
    {
        var disk = new FaultyDisk();
        disk.MakeDirectory("incidents");
        disk.SyncDirectory("");
        return disk;
    }

    private static byte[] Line(int number) => IncidentFormat.Write(
        new KeptIncident(DateTimeOffset.UnixEpoch, new Incident(IncidentKind.DiskSpace, "s", $"{number}")));

    private static int[] Numbers(IDisk disk) =>
        [.. RecordFile.Read(disk).Select(static row => int.Parse(row.What, CultureInfo.InvariantCulture))];
}
