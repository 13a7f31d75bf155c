namespace Warren.Micro;

/// <summary>
/// Posts are appended to an inbox under a lock that guards nothing else; the turn swaps the whole inbox. At most one
/// turn is scheduled or running at any time.
/// </summary>
internal sealed class MailboxQueue : Queue, IThreadPoolWorkItem
{
    // After so many inboxes the thread goes to somebody else.
    private const int InboxesInTurn = 8;

    private readonly Lock _inboxLock = new();
    private Inbox _inbox = new();
    private Inbox _turn = new();
    private bool _scheduled;

    internal override void Post(ReadOnlySpan<Message> messages)
    {
        bool idle;
        lock (_inboxLock)
        {
            _inbox.Messages.Add(messages);
            idle = !_scheduled;
            _scheduled = true;
        }

        if (idle)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    internal override void ReturnCredit(Consumer consumer, int count)
    {
        bool idle;
        lock (_inboxLock)
        {
            _inbox.Credits.Add((consumer, count));
            idle = !_scheduled;
            _scheduled = true;
        }

        if (idle)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int i = 0; i < InboxesInTurn; i++)
        {
            lock (_inboxLock)
            {
                if (_inbox.IsEmpty)
                {
                    _scheduled = false;
                    return;
                }

                (_inbox, _turn) = (_turn, _inbox);
            }

            _turn.ApplyTo(State);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
