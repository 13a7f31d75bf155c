namespace Warren.Broker.Channels;

/// <summary>
/// How much a connection may have posted to queues that they have not handled: the back-pressure between a fast socket
/// and a busy queue. The connection's turn takes, queues give back in theirs. Bounded by
/// <see cref="LimitBytes"/> plus one read of the socket.
/// </summary>
public sealed class PublishCredit
{
    /// <summary>
    /// Enough for both sides to work in batches, little enough that a thousand publishers stay under a GiB.
    /// </summary>
    public const int LimitBytes = 1024 * 1024;

    /// <summary>What a message costs beside its bytes, so that empty messages count too.</summary>
    public const int MessageOverheadBytes = 128;

    private readonly Action _resume;
    private long _takenBytes;
    private int _waiting;

    /// <param name="resume">Called, on any thread, when a waiting connection may go on.</param>
    public PublishCredit(Action resume) => _resume = resume;

    public void Take(int sizeBytes) => Interlocked.Add(ref _takenBytes, sizeBytes);

    public void Give(int sizeBytes)
    {
        if (Interlocked.Add(ref _takenBytes, -sizeBytes) < LimitBytes / 2 && Volatile.Read(ref _waiting) != 0)
            Wake();
    }

    /// <summary>True if the connection must wait; it is then resumed exactly once.</summary>
    public bool MustWait()
    {
        if (Volatile.Read(ref _takenBytes) < LimitBytes)
            return false;
        Volatile.Write(ref _waiting, 1);
        Interlocked.MemoryBarrier();
        // Whoever gave back between the check and the mark did not see the mark: look again.
        if (Volatile.Read(ref _takenBytes) >= LimitBytes / 2)
            return true;
        return Interlocked.Exchange(ref _waiting, 0) == 0;
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _waiting, 0) != 0)
            _resume();
    }
}
