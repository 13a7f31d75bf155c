using System.Text;
using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.Cluster;

public sealed class IncidentFileTests
{
    private static readonly MembershipAnswer Plan = new()
    {
        Outcome = MembershipOutcome.Done,
        Cluster = new ClusterId(Guid.NewGuid()),
        Generation = 3,
    };

    private readonly FaultyDisk _disk = new();

    /// <summary>A start that was cut off has accepted a part, and the next one finds the rest only.</summary>
    [Fact]
    public void What_was_accepted_before_stays_and_so_does_what_the_generation_began_with()
    {
        string begun = IncidentFile.Write(_disk, Plan, "begun\n");
        string accepted = IncidentFile.AddAccepted(_disk, Plan, "one, two\n");
        Assert.Equal(accepted, IncidentFile.AddAccepted(_disk, Plan, "two\n"));
        Assert.Equal("one, two\ntwo\n", Text(accepted));
        Assert.Equal("begun\n", Text(begun));
    }

    private string Text(string path)
    {
        using IDiskFile file = _disk.Open(path);
        byte[] bytes = new byte[file.LengthBytes];
        return Encoding.UTF8.GetString(bytes, 0, file.Read(0, bytes));
    }
}
