using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// Every message that <see cref="PagingFuzzer"/> published and where it must be; whatever a queue does is entered here
/// and must be possible. Keeps the story that a failure tells.
/// </summary>
internal sealed class PagingLedger(QueueSettings settings, QueueTotals totals)
{
    private readonly List<string> _log = [settings.ToString()];
    private readonly Dictionary<int, int> _lastFresh = [];

    public List<PagedMessage> Messages { get; } = [];

    private bool DeadLetters => settings.DeadLetterExchange is not null;

    public void Log(string happened) => _log.Add(happened);

    public string Story(string difference) =>
        string.Join('\n', _log.TakeLast(60).Prepend(_log[0])) + "\n" + difference;

    public List<PagedMessage> In(PagedPlace place) => Messages.FindAll(message => message.Place == place);

    /// <summary>The log has been synced.</summary>
    public void NoteDurable()
    {
        foreach (PagedMessage message in Messages)
        {
            message.IsDurable = true;
            message.IsGoneDurable |= message.Place == PagedPlace.Gone;
        }
    }

    public void Verdict(in QueueEffect effect, bool isClosed)
    {
        var message = (PagedMessage)effect.Ticket.Publisher!;
        Assert.True(++message.Verdicts == 1, Story($"{message.Number} has two verdicts"));
        bool isSafe = effect.Kind == QueueEffectKind.Reject || effect.AwaitsSync || !message.IsStored
            || message.Place == PagedPlace.Gone || isClosed;
        Assert.True(isSafe, Story($"{message.Number} is confirmed before it is safe"));
    }

    public void HandOut(in QueueEffect effect, string who)
    {
        PagedMessage message = Take(in effect, who);
        if (!message.CameBack)
        {
            int last = _lastFresh.GetValueOrDefault(message.Priority, -1);
            Assert.True(last < message.Number, Story($"{message.Number} after {last}"));
            _lastFresh[message.Priority] = message.Number;
        }
        if (effect.Slot < 0)
        {
            effect.Message.Slab.Release(1);
            message.Place = PagedPlace.Gone;
            return;
        }
        message.Place = PagedPlace.Out;
        (message.Slot, message.Token, message.Bytes) = (effect.Slot, effect.Position, effect.Message);
        message.Position = effect.Position & QueuedMessage.PositionMask;
    }

    public PagedMessage Take(in QueueEffect effect, string who)
    {
        PagedMessage message = Messages[StoredMachine.NumberOf(effect.Message)];
        Log($"  {message.Number} to {who}");
        Assert.True(
            message.Place == PagedPlace.Ready, Story($"{message.Number} goes to {who} and is {message.Place}"));
        Check(message, effect.Message);
        return message;
    }

    public void Check(PagedMessage message, in Message bytes)
    {
        bool isSame = StoredMachine.NumberOf(bytes) == message.Number && bytes.BodySizeBytes == message.BodyBytes
            && !bytes.Body.ContainsAnyExcept((byte)message.Number);
        Assert.True(isSame, Story($"{message.Number} has other bytes than were published"));
    }

    /// <summary>
    /// The queue is empty: who was dropped without a word is not known, but how many.
    /// </summary>
    public void CheckCounts()
    {
        int silent = Messages.Count(message => message.Place == PagedPlace.Ready);
        // Those of a purge may have been dropped before.
        long most = DeadLetters ? 0 : totals.Expired + totals.MaxLength;
        long least = Math.Max(0, most - Messages.Count(message => message.Place == PagedPlace.Gone));
        Assert.True(silent <= most && silent >= least, Story($"{silent} are missing, {most} were dropped"));
        Assert.All(Messages, message => Assert.Equal(message.AwaitsConfirm ? 1 : 0, message.Verdicts));
    }

    /// <summary>What came back after a restart.</summary>
    public void CheckFound(HashSet<int> found, long nowMs)
    {
        bool dropsSilently = !DeadLetters && totals.Expired + totals.MaxLength > 0;
        foreach (PagedMessage message in Messages)
        {
            bool isFound = found.Contains(message.Number);
            if (isFound)
            {
                bool may = message.IsStored && !message.IsGoneDurable;
                Assert.True(may, Story($"{message.Number} comes back and was {message.Place}"));
                continue;
            }
            bool must = message is { IsStored: true, IsDurable: true, Place: not PagedPlace.Gone }
                && (DeadLetters || message.ExpiresAtMs > nowMs)
                && !(dropsSilently && message.Place == PagedPlace.Ready)
                && !(message.Place == PagedPlace.Dead && message.Entry == 0);
            Assert.False(must, Story($"{message.Number} is lost and was {message.Place}"));
        }
    }
}
