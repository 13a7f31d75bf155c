using Xunit;

namespace Warren.Storage.Disk;

/// <summary>The other process of <see cref="DirectoryLockTests"/>, to be killed: nothing of its own is left.</summary>
public sealed class DirectoryLockHolder
{
    public const string Variable = "WARREN_TEST_HELD_DIRECTORY";

    [Fact(Explicit = true)]
    public void Holds_until_killed()
    {
        var directory = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(directory is null, "only of use to another test");
        using var held = DirectoryLock.Take(directory);
        using var output = new StreamWriter(Console.OpenStandardOutput());
        output.WriteLine("\nheld");
        output.Flush();
        // Ends with its parent at the latest, whose death closes the pipe.
        Console.OpenStandardInput().ReadByte();
    }
}
