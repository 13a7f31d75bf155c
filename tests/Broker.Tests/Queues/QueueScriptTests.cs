using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// Plays every file of scripts/ and compares what comes of it with the file. After a wanted change of behaviour run
/// once with WARREN_REWRITE_SCRIPTS=1 and read the difference.
/// </summary>
public sealed class QueueScriptTests
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
        string actual = QueueScript.Play(expected);
        if (Environment.GetEnvironmentVariable("WARREN_REWRITE_SCRIPTS") == "1")
            File.WriteAllText(path, actual);
        else
            Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_script_that_expects_something_else_fails()
    {
        const string Script = "queue\npublish m1\nget\n> get: m2 [0:1], 0 left\n";
        Assert.NotEqual(Script, QueueScript.Play(Script));
    }

    private static string FindFolder()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            string folder = Path.Combine(at, "tests", "Broker.Tests", "scripts");
            if (Directory.Exists(folder))
                return folder;
        }
        throw new DirectoryNotFoundException("tests/Broker.Tests/scripts was not found above the test's binaries.");
    }
}
