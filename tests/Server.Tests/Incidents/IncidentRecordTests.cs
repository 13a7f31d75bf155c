using System.Collections.Concurrent;
using Warren.Cluster.Incidents;
using Warren.Server.Incidents;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Incidents;

public sealed class IncidentRecordTests
{
    private readonly FaultyDisk _disk = new();
    private readonly ManualTime _time = new();
    private readonly ConcurrentQueue<string> _log = new();
    private volatile bool _isThere = true;

    [Fact]
    public async Task What_is_noted_is_on_the_disk_soon_and_there_after_a_crash()
    {
        MakeFolder();
        using IncidentRecord record = NewRecord();
        record.Note(new Incident(IncidentKind.LostMessages, "q", "messages are lost", "look after the disk"));
        await Eventually.True(() => RecordFile.Read(_disk).Length == 1);
        IncidentRow row = Assert.Single(RecordFile.Read(_disk.PeekCrash(new Random(1), CrashMode.LoseAll)));
        Assert.Equal(("lost_messages", 1L, "messages are lost"), (row.Kind, row.Count, row.What));
        Assert.Equal(row, Assert.Single(record.Read()));
        // The log has it from whoever has noted it.
        Assert.Empty(_log);
    }

    [Fact]
    public void What_the_log_has_not_is_told_there()
    {
        MakeFolder();
        using IncidentRecord record = NewRecord();
        record.Note(new Incident(IncidentKind.LeaderLost, "q", "publishes to 'q' were refused", "publish again")
        {
            Count = 7,
            IsLogged = false,
        });
        Assert.Equal("publishes to 'q' were refused (7 times). publish again", Assert.Single(_log));
    }

    /// <summary>Whoever notes something may be a queue's turn, and the disk the reason for it.</summary>
    [Fact]
    public async Task A_disk_that_stands_still_holds_up_nobody()
    {
        MakeFolder();
        using var stands = new ManualResetEventSlim();
        _disk.BeforeOperation = _ => stands.Wait();
        IncidentRecord record = NewRecord();
        for (int number = 0; number < 100_000; number++)
            record.Note(new Incident(IncidentKind.LeaderLost, $"q{number % 50}", "publishes were refused"));
        stands.Set();
        await Eventually.True(() => RecordFile.Read(_disk).Length == IncidentStorm.MostSubjects);
        record.Dispose();
        Assert.Equal(100_000, RecordFile.Read(_disk).Sum(static row => row.Count));
    }

    [Fact]
    public async Task A_disk_that_refuses_is_asked_again()
    {
        MakeFolder();
        _disk.CapacityBytes = 0;
        using IncidentRecord record = NewRecord();
        record.Note(new Incident(IncidentKind.DiskSpace, "short", "the disk is full"));
        await Eventually.True(() => _disk.OperationCount > 3);
        Assert.Empty(RecordFile.Read(_disk));
        // Whoever asks sees it all the same.
        Assert.Equal("the disk is full", Assert.Single(record.Read()).What);
        _disk.CapacityBytes = 1_000_000;
        await Eventually.True(() => RecordFile.Read(_disk).Length == 1);
        Assert.Single(record.Read());
    }

    /// <summary>It is being moved, or set aside: nothing may be in the place that another one is to have.</summary>
    [Fact]
    public async Task A_directory_that_is_not_there_is_waited_for()
    {
        _isThere = false;
        using IncidentRecord record = NewRecord();
        record.Note(new Incident(IncidentKind.RefusedDirectory, "n", "it went back in time"));
        Assert.Single(record.Read());
        Assert.Empty(_disk.List("incidents"));
        MakeFolder();
        _isThere = true;
        await Eventually.True(() => RecordFile.Read(_disk).Length == 1);
    }

    [Fact]
    public void What_is_counted_is_kept_when_the_node_stops()
    {
        MakeFolder();
        IncidentRecord record = NewRecord();
        for (int number = 0; number < 5; number++)
            record.Note(new Incident(IncidentKind.RefusedNode, "n", "no link"));
        record.Dispose();
        Assert.Equal([1, 4], RecordFile.Read(_disk).Select(static row => row.Count));
    }

    private void MakeFolder()
    {
        _disk.MakeDirectory("incidents");
        _disk.SyncDirectory("");
    }

    private IncidentRecord NewRecord() =>
        new(() => _isThere ? _disk : null, _time, (_, _, line) => _log.Enqueue(line));
}
