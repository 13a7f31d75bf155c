namespace Warren.Micro;

/// <summary>
/// A mailbox whose turn runs on the poster when the queue is idle: the batch is then applied where it lies, without
/// going through the inbox. Who finds the queue busy leaves the batch behind; the running turn takes it up, and hands
/// over to the pool when the poster has worked long enough for others.
/// </summary>
internal sealed class InlineQueue : Queue, IThreadPoolWorkItem
{
    private const int InboxesInTurn = 8;

    private readonly Lock _inboxLock = new();
    private Inbox _inbox = new();
    private Inbox _turn = new();
    private bool _busy;

    internal override void Post(ReadOnlySpan<Message> messages)
    {
        lock (_inboxLock)
        {
            if (_busy)
            {
                _inbox.Messages.Add(messages);
                return;
            }

            _busy = true;
        }

        State.Publish(messages);
        State.Match();
        TakeInboxes();
    }

    internal override void ReturnCredit(Consumer consumer, int count)
    {
        lock (_inboxLock)
        {
            if (_busy)
            {
                _inbox.Credits.Add((consumer, count));
                return;
            }

            _busy = true;
        }

        State.AddCredit(consumer, count);
        State.Match();
        TakeInboxes();
    }

    void IThreadPoolWorkItem.Execute() => TakeInboxes();

    private void TakeInboxes()
    {
        for (int i = 0; i < InboxesInTurn; i++)
        {
            lock (_inboxLock)
            {
                if (_inbox.IsEmpty)
                {
                    _busy = false;
                    return;
                }

                (_inbox, _turn) = (_turn, _inbox);
            }

            _turn.ApplyTo(State);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
