using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// When a member campaigns, what it answers to those who do, and when a leader gives up (thesis, sections 3.4, 6.2 and
/// 9.6). An election has two rounds: first all are asked whether they would vote, then they are asked to.
/// </summary>
internal sealed class Elections
{
    /// <summary>
    /// Campaigns after a leader's link has ended that wait for answers no longer than <see cref="QuickTicks"/>: the
    /// first may come before the others have noticed, or as another's does. A network that is slower than that is not
    /// disturbed for long.
    /// </summary>
    private const int QuickCampaigns = 2;

    /// <summary>At least so many ticks: two syncs and two round trips.</summary>
    private const int QuickTicks = 2;

    private readonly RaftNode _node;
    private readonly Random _random;
    private readonly List<NodeId> _granted = [];
    private readonly List<NodeId> _refused = [];

    /// <summary>Ticks since the leader was heard, or, of a leader, since it counted who hears it.</summary>
    private int _elapsed;

    /// <summary>Ticks of silence after which this member campaigns.</summary>
    private int _wait;

    /// <summary>The link with the leader has ended here, and it was not heard since.</summary>
    private bool _isLeaderGone;

    private int _quickCampaigns;
    private bool _isQuick;

    public Elections(RaftNode node, Random random)
    {
        _node = node;
        _random = random;
        Restart();
    }

    /// <summary>
    /// Since the leader's link has ended: ticks until this member has something to do, if nothing is heard; 0: that
    /// link has not ended.
    /// </summary>
    public int TicksWithoutLeader =>
        !_isLeaderGone ? 0 : _node.MayStand ? Math.Max(1, _wait - _elapsed) : _node.Options.ElectionTicks;

    /// <summary>A leader was heard so recently that nobody is helped to replace it.</summary>
    private bool IsLeaderHeard =>
        !_node.Leader.IsNone && !_isLeaderGone && _elapsed < _node.Options.ElectionTicks;

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
        else if (_elapsed >= _wait && _node.MayStand)
        {
            Campaign(isTransfer: false);
        }
        else if (_elapsed >= _wait && !_node.IsPromotable && !_node.Leader.IsNone)
        {
            // It can ask for nobody else. Who leads speaks to it, unless it is no member any more and never hears that.
            _node.BecomeFollower(_node.Term, NodeId.None);
        }
    }

    /// <summary>Waits as long again, from now; nothing is known against the leader any more.</summary>
    public void RestartWait()
    {
        _elapsed = 0;
        _quickCampaigns = 0;
        if (!_isLeaderGone)
            return;
        _isLeaderGone = false;
        _wait = _node.Options.ElectionTicks + _random.Next(_node.Options.ElectionTicks);
    }

    /// <summary>
    /// The leader's link has ended here: somebody else may lead from now on as far as this member is concerned, and it
    /// asks soon whether that may be itself. Who still hears the leader refuses that.
    /// </summary>
    /// <remarks>
    /// Those who notice at once take turns: if they drew their waits, two would often stand in the same moment, and
    /// take each other's votes.
    /// </remarks>
    public void LeaderGone(in LostPeer lost)
    {
        _isLeaderGone = true;
        _quickCampaigns = QuickCampaigns;
        int others = 0;
        int before = 0;
        foreach (Member member in _node.Members.Members)
        {
            if (!member.IsVoter || member.Id == lost.Node)
                continue;
            others++;
            before += member.Id < _node.Self ? 1 : 0;
        }
        int place = (int)(((ulong)lost.Turn + (ulong)before) % (ulong)Math.Max(1, others));
        int least = lost.IsCertain ? 1 : _node.Options.ReconnectTicks;
        _wait = Math.Min(_wait, _elapsed + least + (QuickTicks * place) + lost.DelayTicks);
    }

    /// <summary>A higher term becomes this member's, unless it is only asked about or would disturb a leader.</summary>
    public bool TakesTerm(NodeId from, RaftMessage message)
    {
        switch (message)
        {
            case VoteRequest request when !request.IsTransfer && IsLeaderHeard:
                return false;
            case VoteRequest { IsPreVote: true }:
            case VoteAnswer { IsPreVote: true, IsGranted: true }:
                return true;
            case AppendRequest or SnapshotChunk:
                _node.BecomeFollower(message.Term, from);
                return true;
            default:
                _node.BecomeFollower(message.Term, NodeId.None);
                return true;
        }
    }

    /// <summary>Waits from now, for a time that is drawn.</summary>
    public void Restart()
    {
        _elapsed = 0;
        _isLeaderGone = false;
        _wait = _node.Options.ElectionTicks + _random.Next(_node.Options.ElectionTicks);
        _granted.Clear();
        _refused.Clear();
    }

    public void Campaign(bool isTransfer)
    {
        if (!_node.MayStand)
            return;
        Restart();
        _isQuick = _quickCampaigns > 0;
        if (_isQuick)
            _quickCampaigns--;
        if (isTransfer)
        {
            Stand(isTransfer: true);
            return;
        }
        _node.BecomePreCandidate();
        Hurry();
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
        // Two that stand at once take each other's votes.
        if (isGranted && request.IsPreVote && _isLeaderGone)
            _wait = Math.Max(_wait, _elapsed + QuickTicks);
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
        Hurry();
        Ask(new VoteRequest(_node.Term)
        {
            LastIndex = _node.Log.LastIndex,
            LastTerm = _node.Log.LastTerm,
            IsTransfer = isTransfer,
        });
    }

    private void Hurry()
    {
        if (_isQuick)
            _wait = Math.Min(_wait, QuickTicks + _random.Next(Math.Max(1, _node.Members.Voters)));
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
