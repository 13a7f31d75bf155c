using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

public sealed class ByteRingTests
{
    private const int LimitBytes = 100_000;

    [Fact]
    public void What_comes_out_is_what_went_in_whatever_the_sizes()
    {
        var random = new Random(3);
        var ring = new ByteRing(LimitBytes);
        var model = new Queue<byte>();
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(2) == 0)
            {
                byte[] first = new byte[random.Next(20)];
                byte[] second = new byte[random.Next(3000)];
                random.NextBytes(first);
                random.NextBytes(second);
                if (first.Length + second.Length > ring.FreeBytes)
                    continue;
                ring.Add(first, second);
                foreach (byte one in first.Concat(second))
                    model.Enqueue(one);
            }
            else
            {
                byte[] taken = new byte[random.Next(ring.Count + 1)];
                ring.Take(taken);
                Assert.All(taken, one => Assert.Equal(model.Dequeue(), one));
            }
            if (random.Next(50) == 0)
                ring.Trim();
            Assert.Equal(model.Count, ring.Count);
            Assert.Equal(LimitBytes - model.Count, ring.FreeBytes);
        }
    }
}
