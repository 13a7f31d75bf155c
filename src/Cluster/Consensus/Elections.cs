using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// When a member campaigns, what it answers to those who do, and when a leader gives up (thesis, sections 3.4, 6.2 and
/// 9.6). An election has two rounds: first all are asked whether they would vote, then they are asked to.
/// </summary>
internal sealed class Elections
{
    private readonly RaftNode _node;
    private readonly Random _random;
    private readonly List<NodeId> _granted = [];
    private readonly List<NodeId> _refused = [];

    /// <summary>Ticks since the leader was heard, or, of a leader, since it counted who hears it.</summary>
    private int _elapsed;

    /// <summary>Ticks of silence after which this member campaigns.</summary>
    private int _wait;

    public Elections(RaftNode node, Random random)
    {
        _node = node;
        _random = random;
        Restart();
    }

    /// <summary>A leader was heard so recently that nobody is helped to replace it.</summary>
    public bool IsLeaderHeard => !_node.Leader.IsNone && _elapsed < _node.Options.ElectionTicks;

    public void Tick()
    {
        _elapsed++;
        if (_node.IsLeader)
        {
            if (_elapsed < _node.Options.ElectionTicks)
                return;
            _elapsed = 0;
            _node.Replication.EndTransfer();
            if (!_node.Replication.TakeQuorumHeard())
                _node.BecomeFollower(_node.Term, NodeId.None);
        }
        else if (_elapsed >= _wait && _node.IsPromotable)
        {
            Campaign(isTransfer: false);
        }
    }

    /// <summary>Waits as long again, from now.</summary>
    public void RestartWait() => _elapsed = 0;

    /// <summary>Waits from now, for a time that is drawn.</summary>
    public void Restart()
    {
        _elapsed = 0;
        _wait = _node.Options.ElectionTicks + _random.Next(_node.Options.ElectionTicks);
        _granted.Clear();
        _refused.Clear();
    }

    public void Campaign(bool isTransfer)
    {
        if (!_node.IsPromotable)
            return;
        Restart();
        if (isTransfer)
        {
            Stand(isTransfer: true);
            return;
        }
        _node.BecomePreCandidate();
        Ask(new VoteRequest(_node.Term.Next())
        {
            LastIndex = _node.Log.LastIndex,
            LastTerm = _node.Log.LastTerm,
            IsPreVote = true,
        });
        Count(_node.Self, isGranted: true);
    }

    public void OnRequest(NodeId from, VoteRequest request)
    {
        bool isFree = _node.Vote == from || (_node.Vote.IsNone && _node.Leader.IsNone)
            || (request.IsPreVote && request.Term > _node.Term);
        bool isGranted = isFree && MayVote
            && (_node.Log.IsUpToDate(request.LastIndex, request.LastTerm) || Planted.Is(PlantedBug.LogNotCompared));
        var answer = new VoteAnswer(isGranted ? request.Term : _node.Term)
        {
            IsPreVote = request.IsPreVote,
            IsGranted = isGranted,
        };
        if (isGranted && !request.IsPreVote)
        {
            _elapsed = 0;
            if (_node.Vote != from)
                _node.SetVote(from);
        }
        if (request.IsPreVote || Planted.Is(PlantedBug.VoteNotSynced))
            _node.Send(from, answer);
        else
            _node.SendDurable(from, answer);
    }

    public void OnAnswer(NodeId from, VoteAnswer answer)
    {
        bool isMine = answer.IsPreVote
            ? _node.Role == RaftRole.PreCandidate && (!answer.IsGranted || answer.Term == _node.Term.Next())
            : _node.Role == RaftRole.Candidate && answer.Term == _node.Term;
        if (Planted.Is(PlantedBug.VoteTermNotChecked))
            isMine = _node.Role is RaftRole.PreCandidate or RaftRole.Candidate;
        if (isMine)
            Count(from, answer.IsGranted);
    }

    /// <summary>A candidate's own vote counts once it is durable.</summary>
    public void OnPersisted()
    {
        if (_node.Role == RaftRole.Candidate && _node.DurableTerm == _node.Term && _node.DurableVote == _node.Self)
            Count(_node.Self, isGranted: true);
    }

    private bool MayVote => _node.Soundness == Soundness.Sound || Planted.Is(PlantedBug.UnsoundVotes);

    /// <summary>Stands for the next term.</summary>
    private void Stand(bool isTransfer)
    {
        Restart();
        _node.BecomeCandidate();
        Ask(new VoteRequest(_node.Term)
        {
            LastIndex = _node.Log.LastIndex,
            LastTerm = _node.Log.LastTerm,
            IsTransfer = isTransfer,
        });
    }

    /// <summary>
    /// A candidacy is told when it is durable, with the log that it rests on: else a candidate that crashed could stand
    /// twice in one term, and votes for the longer log would elect the shorter one.
    /// </summary>
    private void Ask(VoteRequest request)
    {
        foreach (Member member in _node.Members.Members)
        {
            if (!member.IsVoter || member.Id == _node.Self)
                continue;
            if (request.IsPreVote || Planted.Is(PlantedBug.CandidacyNotSynced))
                _node.Send(member.Id, request);
            else
                _node.SendDurable(member.Id, request);
        }
    }

    private void Count(NodeId from, bool isGranted)
    {
        if (!_node.Members.IsVoter(from) || _granted.Contains(from) || _refused.Contains(from))
            return;
        (isGranted ? _granted : _refused).Add(from);
        if (_granted.Count >= _node.Members.Majority)
        {
            if (_node.Role == RaftRole.PreCandidate)
                Stand(isTransfer: false);
            else
                _node.BecomeLeader();
        }
        else if (_refused.Count > _node.Members.Voters - _node.Members.Majority)
        {
            _node.BecomeFollower(_node.Term, NodeId.None);
        }
    }
}
