using Warren.Faults.Nodes;

namespace Warren.Faults.Clients;

/// <summary>
/// Somebody who works with the broker until it dies, life after life, and writes down in the ledger what it does. One
/// loop, one connection: it reads only when it has nothing to send.
/// </summary>
internal abstract class Client(string name)
{
    /// <summary>Who it is, in messages.</summary>
    public string Name { get; } = name;

    /// <summary>Works until the connection ends.</summary>
    /// <param name="random">Its own, so that what it does follows from the seed and what the broker sends.</param>
    public async Task WorkAsync(NodeProcess node, Random random)
    {
        try
        {
            await using Session? session = await Session.OpenAsync(node);
            if (session is not null)
                await WorkAsync(session, random);
        }
        catch (Exception error) when (error is FaultException or TimeoutException or InvalidOperationException)
        {
            throw new FaultException($"{Name}: {error.Message}");
        }
    }

    protected abstract Task WorkAsync(Session session, Random random);
}
