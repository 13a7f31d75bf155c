using Warren.Faults.Hosts;

namespace Warren.Faults.Clusters;

/// <summary>Something is done to one node of a cluster under load, and what comes of it is judged.</summary>
internal sealed class Strikes(ReplicatedLoad load, Action<string> report)
{
    /// <summary>Does it once, with a certain node leading all queues, and judges all queues afterwards.</summary>
    /// <param name="host">Whom it is done to.</param>
    /// <param name="leader">Who leads.</param>
    /// <param name="what">What is done, behind the node's name.</param>
    /// <param name="strike">Returns when it is over.</param>
    /// <param name="mayLose">Whether the node's own clients may lose their connections.</param>
    public async Task StrikeAsync(Host host, Host leader, string what, Func<Task> strike, bool mayLose = false)
    {
        string who = host == leader ? "which leads" : "which leads nothing";
        int lost = load.Losses.Count;
        await load.WhileAsync(async () =>
        {
            await load.LeadsAsync(leader);
            await load.GoesOnAsync();
            load.Losses.Allow(host, mayLose);
            long since = Answers.Now;
            await strike();
            await load.GoesOnAsync();
            report($"{host.Name}, {who}, {what}: {load.Gaps(since, host)}, {load.Losses.Count - lost} clients moved");
            load.Losses.Allow(host, isAllowed: false);
        });
        if (load.Nacked > 0)
            throw new FaultException($"{load.Nacked} publishes were refused: {host.Name}, {who}, {what}");
        if (!host.IsRunning)
            throw new FaultException($"{host.Name} has ended\n{host.Printed}\n{host.Log}");
        await load.JudgeAsync();
    }
}
