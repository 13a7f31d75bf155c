namespace Warren.Load;

/// <summary>
/// The exchange, queues and bindings of a run: made afresh before it and removed after it, unless the queues are to be
/// taken as they are or to be left as they are.
/// </summary>
internal sealed class RunTopology(RunOptions options, Session session)
{
    /// <summary>Declares everything; returns how many messages wait already.</summary>
    internal long Declare()
    {
        if (!options.Reuse)
            Delete();
        long waiting = 0;
        if (options.OwnExchange)
            session.DeclareExchange(options.Exchange, options.ExchangeType);
        foreach (string queue in options.Queues)
        {
            waiting += session.DeclareQueue(queue, options.Durable, options.QueueType);
            if (!options.OwnExchange)
                continue;
            foreach (string key in options.BindingKeys)
                session.Bind(queue, options.Exchange, key);
        }

        return waiting;
    }

    internal void Remove()
    {
        if (!options.Keep)
            Delete();
    }

    private void Delete()
    {
        foreach (string queue in options.Queues)
            session.DeleteQueue(queue);
        if (options.OwnExchange)
            session.DeleteExchange(options.Exchange);
    }
}
