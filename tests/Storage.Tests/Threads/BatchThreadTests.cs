using Warren.Storage.Threads;
using Xunit;

namespace Warren.Storage.Tests.Threads;

public sealed class BatchThreadTests
{
    private const int Other = 0;
    private const int Batch = 3;

    [Fact]
    public void A_thread_that_enters_is_of_that_class_and_those_it_begins_are_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "scheduling classes are Linux's");
        (int own, int begun, bool entered) = (-1, -1, false);
        var thread = new Thread(() =>
        {
            entered = BatchThread.Enter();
            own = PolicyHere();
            var child = new Thread(() => begun = PolicyHere());
            child.Start();
            child.Join();
        });
        thread.Start();
        thread.Join();
        Assert.True(entered);
        Assert.Equal((Batch, Other), (own, begun));
        Assert.Equal(Other, PolicyHere());
    }

    // proc(5): the field 41 of stat, counted behind the name, which may have spaces.
    private static int PolicyHere()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[41 - 3]);
    }
}
