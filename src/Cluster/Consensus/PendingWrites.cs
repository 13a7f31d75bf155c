using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What is on its way to the disk: one line for each <see cref="Ready"/> that wrote something and was not reported
/// durable. A truncation shortens what lies before it, so that a late report never speaks for entries that came since.
/// </summary>
internal sealed class PendingWrites
{
    private readonly List<Write> _writes = [];

    public bool IsEmpty => _writes.Count == 0;

    public void Add(long number, LogIndex last, Term term, NodeId vote) =>
        _writes.Add(new Write(number, last, term, vote));

    public void TruncateFrom(LogIndex index)
    {
        for (int place = 0; place < _writes.Count; place++)
        {
            Write write = _writes[place];
            if (write.Last >= index)
                _writes[place] = write with { Last = index.Previous() };
        }
    }

    /// <summary>Takes out all up to a number; false if there are none.</summary>
    public bool TryComplete(long number, out LogIndex last, out Term term, out NodeId vote)
    {
        (last, term, vote) = (default, default, default);
        int done = 0;
        for (; done < _writes.Count && _writes[done].Number <= number; done++)
        {
            last = IndexSteps.Higher(last, _writes[done].Last);
            (term, vote) = (_writes[done].Term, _writes[done].Vote);
        }
        _writes.RemoveRange(0, done);
        return done > 0;
    }

    private readonly record struct Write(long Number, LogIndex Last, Term Term, NodeId Vote);
}
