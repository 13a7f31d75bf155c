using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Topology;

public sealed class HashTrieTests
{
    /// <summary>Hashes that collide in no, some or all of their bits, as no seed would give them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0x1F)]
    [InlineData(unchecked((int)0xC0000000))]
    [InlineData(unchecked((int)0xFFFF0000))]
    [InlineData(-1)]
    public void Entries_stay_apart_however_their_hashes_collide(int mask)
    {
        var random = new Random(mask);
        var expected = new HashSet<int>();
        HashTrie<Number, int> trie = HashTrie<Number, int>.Empty;
        for (int i = 0; i < 3_000; i++)
        {
            int value = random.Next(100);
            var number = new Number(value, mask);
            if (random.Next(2) == 0)
            {
                expected.Add(value);
                trie = trie.With(number, value);
            }
            else
            {
                expected.Remove(value);
                trie = trie.Without(number.Hash, value);
            }
            Assert.Equal(expected.Count, trie.Count);
            Assert.Equal(expected.Contains(value), trie.TryFind(number.Hash, value, out _));
        }
        var enumerated = new List<int>();
        foreach (Number number in trie)
            enumerated.Add(number.Value);
        Assert.Equal(expected.Order(), enumerated.Order());
        Assert.Equal(enumerated, Enumerable.Range(0, trie.Count).Select(i => trie.At(i).Value));
    }

    private readonly struct Number(int value, int mask) : IHashTrieEntry<int>
    {
        public int Value { get; } = value;

        public int Hash => unchecked(Value * (int)2654435769) & mask;

        public bool Is(int key) => Value == key;
    }
}
