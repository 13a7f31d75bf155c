using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Exchanges;

public sealed class TopicExchangeTests
{
    /// <summary>Trying one position after the other would take more steps here than there are atoms.</summary>
    [Fact]
    public void A_pattern_of_many_hashes_takes_no_exponential_time()
    {
        string pattern = string.Join('.', Enumerable.Repeat("#.a", 60));
        string almost = string.Join('.', Enumerable.Repeat("a", 59).Append("b").Concat(Enumerable.Repeat("a", 58)));
        Vhost vhost = Vhost.Create("/").WithQueues("q", "p").Bind("amq.topic", "q", pattern + ".c")
            .Bind("amq.topic", "p", pattern);
        Assert.Equal("p", vhost.Route("amq.topic", almost));
        Assert.Equal("", vhost.Route("amq.topic", string.Join('.', Enumerable.Repeat("a", 59))));
        Assert.Equal("q", vhost.Route("amq.topic", almost + ".c"));
    }

    [Fact]
    public void Keys_may_have_more_words_than_a_short_string_holds()
    {
        // As a CC header may bring them: it is a long string.
        IEnumerable<string> words =
            [.. Enumerable.Repeat("x", 1_000), "a", "b", .. Enumerable.Repeat("y", 999)];
        string key = string.Join('.', words);
        Vhost vhost = Vhost.Create("/").WithQueues("1", "2", "3", "4")
            .Bind("amq.topic", "1", "#.a.b.#").Bind("amq.topic", "2", "#.b.a.#")
            .Bind("amq.topic", "3", "#.a.#.y").Bind("amq.topic", "4", "#.*.a.*.y.#.y");
        Assert.Equal("1 3 4", vhost.Route("amq.topic", key));
    }

    [Fact]
    public void A_pattern_under_a_hash_with_more_words_than_the_key_is_found()
    {
        Vhost vhost = Vhost.Create("/");
        for (int i = 0; i < 40; i++)
            vhost = vhost.WithQueues($"q{i}").Bind("amq.topic", $"q{i}", $"#.w{i}.#.end");
        Assert.Equal("q3 q7", vhost.Route("amq.topic", "w3.w7.w3.end"));
        Assert.Equal("", vhost.Route("amq.topic", "w3.w7.w3"));
    }

    [Fact]
    public void Nothing_is_left_of_patterns_that_are_gone()
    {
        string[] patterns = ["", "a", "a.b", "a.*", "a.#", "#", "#.a.*", "*.#.b.c"];
        Vhost vhost = Vhost.Create("/").WithQueues("q");
        foreach (string pattern in patterns)
            vhost = vhost.Bind("amq.topic", "q", pattern);
        foreach (string pattern in patterns)
            vhost = vhost.WithoutBinding(Domain.ToQueue("amq.topic", "q", pattern)).Vhost;
        Assert.Empty(vhost.BindingsFrom("amq.topic"));
        foreach (string key in (string[])["", "a", "a.b", "x.b.c"])
            Assert.Equal("", vhost.Route("amq.topic", key));
    }
}
