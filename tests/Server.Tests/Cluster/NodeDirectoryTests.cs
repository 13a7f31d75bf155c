using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.Cluster;

public sealed class NodeDirectoryTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("warren-directory-").FullName;
    private readonly NodeDirectory _directory;

    public NodeDirectoryTests() => _directory = new NodeDirectory(PathOf());

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void What_is_removed_leaves_the_incidents_behind()
    {
        Fill(PathOf(), "first");
        _directory.Remove();
        AssertOnlyIncidents("first");
        // Once more, with nothing but these.
        _directory.Remove();
        AssertOnlyIncidents("first");
        Fill(PathOf(), "second");
        _directory.Remove();
        AssertOnlyIncidents("first", "second");
    }

    [Fact]
    public void Without_incidents_nothing_is_left()
    {
        Write(PathOf("log", "1"));
        _directory.Remove();
        Assert.Empty(Directory.GetFileSystemEntries(_parent));
        _directory.Remove();
        _directory.FinishRemoval();
        Assert.Empty(Directory.GetFileSystemEntries(_parent));
    }

    /// <summary>Each of the points at which a crash can come: the node is blank, and nothing is lost.</summary>
    [Fact]
    public void A_removal_that_was_cut_off_is_finished()
    {
        int cut = 0;
        for (bool isDone = false; !isDone; cut++)
        {
            Fill(PathOf(), "first");
            Fill(PathOf(), "second");
            int steps = 0;
            var crashing = new NodeDirectory(PathOf())
            {
                BeforeStep = () =>
                {
                    if (steps++ == cut)
                        throw new OperationCanceledException("the process is killed");
                },
            };
            try
            {
                crashing.Remove();
                isDone = true;
            }
            catch (OperationCanceledException)
            {
                // As it was, or blank: never half of it.
                Assert.Equal(_directory.HasLog, File.Exists(PathOf("identity")));
                Assert.Equal(cut == 0, _directory.HasLog);
            }
            _directory.FinishRemoval();
            if (cut == 0)
                _directory.Remove();
            AssertOnlyIncidents("first", "second");
        }
        Assert.True(cut > 5, "it was not cut off everywhere");
    }

    /// <summary>At each point at which a crash can come it is what it was, or what it is to be.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replacement_that_was_cut_off_is_finished_or_was_never_begun(bool isEmpty)
    {
        int cut = 0;
        int replaced = 0;
        for (bool isDone = false; !isDone; cut++)
        {
            Fill(PathOf(), "first");
            int steps = 0;
            var crashing = new NodeDirectory(PathOf())
            {
                BeforeStep = () =>
                {
                    if (steps++ == cut)
                        throw new OperationCanceledException("the process is killed");
                },
            };
            try
            {
                crashing.Replace(isEmpty, place => Write(Path.Combine(place, "members")));
                isDone = true;
            }
            catch (OperationCanceledException)
            {
                _directory.FinishReplacement();
                _directory.FinishRemoval();
            }
            bool isReplaced = File.Exists(PathOf("members"));
            Assert.NotEqual(isReplaced, File.Exists(PathOf("identity")));
            replaced += isReplaced ? 1 : 0;
            string kept = isReplaced && !isEmpty ? PathOf() + ".set-aside.1" : PathOf();
            Assert.True(File.Exists(Path.Combine(kept, "incidents", "first")));
            Assert.Equal(!isReplaced || !isEmpty, File.Exists(Path.Combine(kept, "log", "1")));
            Assert.Equal(kept == PathOf() ? [kept] : [PathOf(), kept], Directory.GetFileSystemEntries(_parent).Order());
            foreach (string left in Directory.GetDirectories(_parent))
                Directory.Delete(left, recursive: true);
        }
        Assert.True(replaced > 2 && cut - replaced > 1, "it was not cut off everywhere");
    }

    [Fact]
    public void A_replacement_that_cannot_be_made_changes_nothing()
    {
        Fill(PathOf(), "first");
        Assert.Throws<DiskException>(() => _directory.Replace(isEmpty: true, place =>
        {
            Write(Path.Combine(place, "members"));
            throw new DiskException("no space", DiskFailure.NoSpace);
        }));
        Assert.True(File.Exists(PathOf("log", "1")));
        _directory.FinishReplacement();
        Assert.Equal([PathOf()], Directory.GetFileSystemEntries(_parent));
        Assert.False(File.Exists(PathOf("members")));
    }

    [Fact]
    public void What_is_half_made_is_not_put_where_there_was_nothing()
    {
        Assert.Throws<OperationCanceledException>(() => _directory.Replace(isEmpty: false, place =>
        {
            Write(Path.Combine(place, "members"));
            throw new OperationCanceledException("the process is killed");
        }));
        _directory.FinishReplacement();
        Assert.False(File.Exists(PathOf("members")));
        Assert.Null(_directory.Replace(isEmpty: false, place => Write(Path.Combine(place, "members"))));
        Assert.Equal(["members"], Directory.GetFileSystemEntries(PathOf()).Select(Path.GetFileName));
    }

    [Fact]
    public void What_an_operator_has_called_removed_is_his()
    {
        Fill(PathOf() + ".removed", "his");
        Fill(PathOf(), "first");
        _directory.Remove();
        Assert.True(File.Exists(Path.Combine(PathOf() + ".removed", "log", "1")));
    }

    /// <summary>It was started again since, and is to be reset again.</summary>
    [Fact]
    public void A_removal_begins_with_what_was_left_of_the_one_before()
    {
        Fill(PathOf() + ".removed-by-reset", "first");
        Fill(PathOf(), "second");
        _directory.Remove();
        AssertOnlyIncidents("first", "second");
    }

    [Fact]
    public void A_directory_with_a_log_is_let_into_no_cluster()
    {
        var disk = new FileDisk(PathOf());
        Write(PathOf("log", "1"));
        var answer = new MembershipAnswer { Outcome = MembershipOutcome.Done, Cluster = new ClusterId(Guid.NewGuid()) };
        Assert.Throws<IdentityException>(() => Joined.Write(disk, new NodeId(Guid.NewGuid()), answer));
        Assert.Null(IdentityFile.Read(disk));
        Assert.DoesNotContain(MembersFile.Path, disk.List(""));
    }

    private void AssertOnlyIncidents(params string[] names)
    {
        Assert.Equal([PathOf()], Directory.GetFileSystemEntries(_parent));
        Assert.True(_directory.IsBlank);
        Assert.Equal([PathOf("incidents")], Directory.GetFileSystemEntries(PathOf()));
        Assert.Equal(
            names, Directory.GetFiles(PathOf("incidents")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static void Fill(string directory, string incident)
    {
        Write(Path.Combine(directory, "identity"));
        Write(Path.Combine(directory, "log", "1"));
        Write(Path.Combine(directory, "incidents", incident));
    }

    private static void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "text");
    }

    private string PathOf(params string[] parts) => Path.Combine([_parent, "node", .. parts]);
}
