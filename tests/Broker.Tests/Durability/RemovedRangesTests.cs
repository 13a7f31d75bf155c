using Warren.Broker.Durability;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Durability;

public sealed class RemovedRangesTests
{
    [Theory]
    [InlineData("1 2 3", "1-3")]
    [InlineData("1 3 2", "1-3")]
    [InlineData("9 8 7 1", "1-1 7-9")]
    [InlineData("5 6 1 2 3 9 4", "1-6 9-9")]
    [InlineData("4", "4-4")]
    public void Whatever_the_order_they_are_ranges_by_rising_index(string added, string expected)
    {
        var removed = new RemovedRanges();
        Assert.True(removed.IsEmpty);
        foreach (string index in added.Split(' '))
            removed.Add(long.Parse(index, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(expected, Words(removed));

        removed.Clear();
        Assert.True(removed.IsEmpty);
        removed.Add(7);
        Assert.Equal("7-7", Words(removed));
    }

    private static string Words(RemovedRanges removed)
    {
        var words = new List<string>();
        foreach (IndexRange range in removed.Sorted())
            words.Add($"{range.First}-{range.Last}");
        return string.Join(' ', words);
    }
}
