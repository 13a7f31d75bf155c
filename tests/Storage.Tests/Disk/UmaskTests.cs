using System.Runtime.InteropServices;
using Xunit;

namespace Warren.Storage.Disk;

/// <summary>The umask is the whole process's, so nothing else runs beside these.</summary>
[CollectionDefinition(nameof(UmaskTests), DisableParallelization = true)]
[Collection(nameof(UmaskTests))]
public sealed class UmaskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(0b000_010_010)]
    [InlineData(0b111_111_111)]
    public void The_owner_alone_may_look_whatever_the_umask(uint umask)
    {
        var before = Umask(umask);
        try
        {
            var disk = new FileDisk(_directory["root"]);
            disk.MakeDirectory("d/e");
            disk.Create("d/e/a", 100).Dispose();
            using var taken = DirectoryLock.Take(_directory["locked"]);
        }
        finally
        {
            _ = Umask(before);
        }
        foreach (var path in (string[])["root", "root/d", "root/d/e", "locked"])
            Assert.Equal(0b111_000_000, (int)File.GetUnixFileMode(_directory[path]));
        foreach (var path in (string[])["root/d/e/a", "locked/lock"])
            Assert.Equal(0b110_000_000, (int)File.GetUnixFileMode(_directory[path]));
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern uint Umask(uint mask);
}
