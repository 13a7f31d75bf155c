using Warren.Broker.Durability;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Durability;

public sealed class RemovedRangesTests
{
    [Theory]
    [InlineData(new long[] { 5, 6, 7 }, "5-7")]
    [InlineData(new long[] { 7, 5, 6 }, "5-7")]
    [InlineData(new long[] { 5, 5 }, "5-5")]
    [InlineData(new long[] { 5, 9, 5 }, "5-5 9-9")]
    [InlineData(new long[] { 4, 5, 6, 5, 9, 4 }, "4-6 9-9")]
    public void They_rise_and_name_each_entry_once(long[] removed, string expected)
    {
        var ranges = new RemovedRanges();
        foreach (long index in removed)
            ranges.Add(index);
        var found = new List<string>();
        foreach (IndexRange range in ranges.Sorted())
            found.Add($"{range.First.Value}-{range.Last.Value}");
        Assert.Equal(expected, string.Join(' ', found));
    }
}
