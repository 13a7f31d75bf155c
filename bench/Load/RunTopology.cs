namespace Warren.Load;

/// <summary>The exchange, queues and bindings of a run: made afresh before it, removed after it.</summary>
internal sealed class RunTopology(RunOptions options, Session session)
{
    internal void Declare()
    {
        Delete();
        if (options.OwnExchange)
            session.DeclareExchange(options.Exchange, options.ExchangeType);
        foreach (string queue in options.Queues)
        {
            session.DeclareQueue(queue, options.Durable);
            if (!options.OwnExchange)
                continue;
            foreach (string key in options.BindingKeys)
                session.Bind(queue, options.Exchange, key);
        }
    }

    internal void Delete()
    {
        foreach (string queue in options.Queues)
            session.DeleteQueue(queue);
        if (options.OwnExchange)
            session.DeleteExchange(options.Exchange);
    }
}
