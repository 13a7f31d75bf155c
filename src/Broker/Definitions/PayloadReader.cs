using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>Reads definitions from the node log, for a member that lacks them, beside the definitions' turn.</summary>
internal sealed class PayloadReader(DefinitionsStore store, PayloadRead read) : IThreadPoolWorkItem
{
    public void Execute()
    {
        using (EntryReader reader = store.Broker.Storage!.OpenReader())
            read.Run(reader);
        store.Post(new TurnEvent(() => store.Group.Complete(read)));
    }
}
