using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Topology;

public sealed class NameMapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Agrees_with_a_dictionary_through_random_changes(int seed)
    {
        var random = new Random(seed);
        var expected = new Dictionary<string, int>();
        NameMap<int> map = NameMap<int>.Empty;
        for (int i = 0; i < 4_000; i++)
        {
            string name = $"n{random.Next(700)}";
            if (random.Next(3) > 0)
            {
                expected[name] = i;
                map = map.With(name, i);
            }
            else
            {
                NameMap<int> without = map.Without(name);
                Assert.Equal(expected.Remove(name), !ReferenceEquals(without, map));
                map = without;
            }
            Assert.Equal(expected.Count, map.Count);
            if (i % 97 == 0)
                AssertSame(expected, map);
        }
        AssertSame(expected, map);
        foreach (string name in expected.Keys)
            map = map.Without(name);
        Assert.Same(NameMap<int>.Empty, map);
    }

    [Fact]
    public void A_change_leaves_the_map_before_as_it_was()
    {
        var versions = new List<NameMap<int>> { NameMap<int>.Empty };
        for (int i = 0; i < 300; i++)
            versions.Add(versions[^1].With($"n{i}", i));
        for (int i = 0; i < versions.Count; i++)
        {
            Assert.Equal(i, versions[i].Count);
            Assert.False(versions[i].Contains($"n{i}"));
            Assert.Equal(i > 0, versions[i].Contains($"n{i - 1}"));
        }
    }

    [Fact]
    public void Names_are_told_apart_by_case_and_length()
    {
        NameMap<int> map = NameMap<int>.Empty.With("", 0).With("a", 1).With("A", 2).With("aa", 3).With("\0", 4);
        Assert.Equal(5, map.Count);
        Assert.True(map.TryGetValue("", out int value) && value == 0);
        Assert.True(map.TryGetValue("A", out value) && value == 2);
        Assert.True(map.TryGetValue("\0", out value) && value == 4);
        Assert.False(map.TryGetValue("b", out _));
    }

    [Fact]
    public void Looking_up_and_enumerating_allocate_nothing()
    {
        NameMap<int> map = NameMap<int>.Empty;
        for (int i = 0; i < 1_000; i++)
            map = map.With($"queue-{i}", i);
        Assert.Equal(499_500 + 7, SumAndLookUp(map));

        long before = GC.GetAllocatedBytesForCurrentThread();
        SumAndLookUp(map);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void The_ten_thousandth_name_copies_no_more_than_a_path()
    {
        string[] names = [.. Enumerable.Range(0, 10_000).Select(i => $"queue-{i}")];
        NameMap<string> map = NameMap<string>.Empty;
        foreach (string name in names)
            map = map.With(name, name);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            map.With("one more", "");
        long bytesPerChange = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;

        // Three levels of at most 32 ways; the whole map is 300 KB.
        Assert.InRange(bytesPerChange, 1, 4_000);
    }

    private static void AssertSame(Dictionary<string, int> expected, NameMap<int> map)
    {
        foreach ((string name, int value) in expected)
            Assert.True(map.TryGetValue(name, out int found) && found == value);
        Assert.Equal(expected.OrderBy(e => e.Key), map.OrderBy(e => e.Key));
    }

    private static int SumAndLookUp(NameMap<int> map)
    {
        int sum = 0;
        foreach (KeyValuePair<string, int> entry in map)
            sum += entry.Value;
        map.TryGetValue("queue-7".AsSpan(), out int value);
        return sum + value;
    }
}
