namespace Warren.Broker.Delays;

/// <summary>A message that has been taken out of the order to be read, and what its turn was.</summary>
internal struct DueMessage(WaitingMessage message, DueTime due)
{
    public WaitingMessage Message = message;

    public readonly DueTime Due => due;
}
