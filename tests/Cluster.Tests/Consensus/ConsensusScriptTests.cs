using Xunit;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>
/// Plays every file of Scripts and compares what comes of it with the file. After a wanted change of behaviour run once
/// with WARREN_REWRITE_SCRIPTS=1 and read the difference.
/// </summary>
public sealed class ConsensusScriptTests
{
    private static readonly string Folder = FindFolder();

    public static TheoryData<string> Scripts =>
        new(Directory.GetFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order());

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Script(string name)
    {
        string path = Path.Combine(Folder, name + ".txt");
        string expected = File.ReadAllText(path);
        string actual = ConsensusScript.Play(expected);
        if (Environment.GetEnvironmentVariable("WARREN_REWRITE_SCRIPTS") == "1")
            File.WriteAllText(path, actual);
        else
            Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_script_that_expects_something_else_fails()
    {
        const string Script = "nodes 1\nstatus\n> 1 is leader in term 7\n";
        Assert.NotEqual(Script, ConsensusScript.Play(Script));
    }

    private static string FindFolder()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            string folder = Path.Combine(at, "tests", "Cluster.Tests", "Consensus", "Scripts");
            if (Directory.Exists(folder))
                return folder;
        }
        throw new DirectoryNotFoundException("tests/Cluster.Tests/Consensus/Scripts was not found above the binaries.");
    }
}
