using Warren.Faults.Clusters;
using Xunit;

namespace Warren.Faults;

/// <summary>What clients were told of names is compared with what there is; answers are counted and judged.</summary>
public sealed class NameLedgerTests
{
    private readonly NameLedger _names = new("queues");

    [Theory]
    [InlineData("there", "kept")]
    [InlineData("there", "kept", "asked")]
    public void What_was_answered_is_there_and_what_was_only_asked_for_may_be(params string[] present)
    {
        Fill();
        Assert.Null(_names.Judge(present.ToHashSet()));
    }

    [Theory]
    [InlineData("made with ok and missing: [kept]", "there")]
    [InlineData("deleted with ok and there: [deleted]", "there", "kept", "deleted")]
    [InlineData("never asked for: [strange]", "there", "kept", "strange")]
    public void What_is_otherwise_than_answered_is_found(string finding, params string[] present)
    {
        Fill();
        Assert.Contains(finding, _names.Judge(present.ToHashSet()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_can_be_told_from_none()
    {
        _names.Declared("queue");
        NameState? before = _names.Find("queue");
        Assert.Equal(before, _names.Find("queue"));
        _names.Asked("queue");
        _names.Declared("queue");
        Assert.NotEqual(before, _names.Find("queue"));
    }

    [Fact]
    public void A_refusal_without_a_clear_reason_fails_the_run()
    {
        var answers = new Answers();
        answers.Refused("host", "queue.declare", "541 INTERNAL_ERROR - definitions cannot be changed now: x", 0);
        Assert.Equal(1, answers.CountOf541);
        Assert.Throws<FaultException>(() =>
            answers.Refused("host", "queue.declare", "541 INTERNAL_ERROR - Object reference not set", Answers.Now));
        Assert.Throws<FaultException>(() =>
            answers.Refused("host", "queue.bind", "404 NOT_FOUND - no queue 'declared-before'", Answers.Now));
    }

    private void Fill()
    {
        foreach (string name in (string[])["there", "kept", "deleted", "asked"])
            _names.Asked(name);
        _names.Declared("there");
        _names.Declared("kept");
        _names.Declared("deleted");
        _names.Asked("deleted");
        _names.Deleted("deleted");
    }
}
