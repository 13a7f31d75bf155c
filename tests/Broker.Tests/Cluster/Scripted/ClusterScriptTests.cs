using Xunit;

namespace Warren.Broker.Tests.Cluster.Scripted;

/// <summary>
/// Plays every file of Cluster/Scripts and compares what comes of it with the file. After a wanted change of behaviour
/// run once with WARREN_REWRITE_SCRIPTS=1 and read the difference.
/// </summary>
public sealed class ClusterScriptTests
{
    private static readonly string Folder = FindFolder();

    public static TheoryData<string, int> Scripts
    {
        get
        {
            var scripts = new TheoryData<string, int>();
            foreach (string path in Directory.GetFiles(Folder, "*.txt").Order())
            {
                for (int seed = 1; seed <= 3; seed++)
                    scripts.Add(Path.GetFileNameWithoutExtension(path), seed);
            }
            return scripts;
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Script(string name, int seed)
    {
        string path = Path.Combine(Folder, name + ".txt");
        string expected = File.ReadAllText(path);
        string actual = ClusterScript.Play(expected, seed);
        if (seed == 1 && Environment.GetEnvironmentVariable("WARREN_REWRITE_SCRIPTS") == "1")
            File.WriteAllText(path, actual);
        else
            Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task A_script_takes_the_same_time_on_a_busy_machine()
    {
        string text = File.ReadAllText(Path.Combine(Folder, "policies-come-and-go.txt"));
        ClusterScript.Play(text, 1, out TimeSpan quiet);
        IEnumerable<int> many = Enumerable.Range(0, 4 * Environment.ProcessorCount);
        await Task.WhenAll(many.Select(_ => Task.Run(() =>
        {
            ClusterScript.Play(text, 1, out TimeSpan busy);
            Assert.Equal(quiet, busy);
        })));
    }

    private static string FindFolder()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            string folder = Path.Combine(at, "tests", "Broker.Tests", "Cluster", "Scripts");
            if (Directory.Exists(folder))
                return folder;
        }
        throw new DirectoryNotFoundException("Cluster/Scripts was not found above the test's binaries.");
    }
}
