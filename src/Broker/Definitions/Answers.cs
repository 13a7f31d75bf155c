using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;

namespace Warren.Broker.Definitions;

/// <summary>
/// When whoever has asked for a change, or found what he asked for, is told so: once what was committed for it is
/// applied, and as far as it is promised there to stay. Owned by the definitions' turn.
/// </summary>
internal sealed class Answers(DefinitionsStore store, Settlement settlement)
{
    // All that was applied so far and may not be there to stay; a node by itself waits for its disk alone.
    private long Applied
    {
        get
        {
            if (store.NeedsBarrier)
                return store.State.LastIndex;
            return store.Broker.Storage is null ? 0 : store.State.LastDurableIndex;
        }
    }

    /// <summary>Runs something once what the change has committed is applied; at once if it is.</summary>
    public void WhenApplied(Action then)
    {
        if (store.Runs.Current is { MustWait: true } run)
            run.WhenApplied(then);
        else
            then();
    }

    /// <summary>
    /// Answers a request once what it made, or found there, is there to stay; a client who wants no answer need not
    /// wait.
    /// </summary>
    public void WhenDurable(ChannelRequest request, DefinitionKey key, Action answer)
    {
        if (store.Runs.Current is { MustWait: true } run)
            run.WhenApplied(() => WhenDurable(request, key, answer));
        else if (GoesOn(request))
            answer();
        else
            WhenDurable(key, answer);
    }

    /// <summary>Answers a request once what it removed, or found missing, cannot come back.</summary>
    public void WhenGone(ChannelRequest request, Action answer)
    {
        if (store.Runs.Current is { MustWait: true } run)
            run.WhenApplied(() => WhenGone(request, answer));
        else if (GoesOn(request))
            answer();
        else
            WhenAllDurable(answer);
    }

    /// <summary>Runs the answer once what this key names is there to stay.</summary>
    public void WhenDurable(DefinitionKey key, Action answer)
    {
        if (store.Runs.Current is { MustWait: true } run)
            run.WhenApplied(() => WhenDurable(key, answer));
        else if (settlement.IsSettledTo(store.State.IndexOf(key))
            || (!store.NeedsBarrier && !store.State.IsDurable(key)))
            answer();
        else
            settlement.WhenSettled(Applied, answer, store.Runs.Current);
    }

    /// <summary>Runs the answer once everything that was changed so far is there to stay.</summary>
    public void WhenAllDurable(Action answer) => WhenSettled(answer, isNeededAlone: true);

    /// <summary>
    /// Runs the answer once no node that serves knows any more of what is gone here; whether it would come back with a
    /// crash does not matter.
    /// </summary>
    public void WhenGone(Action answer) => WhenSettled(answer, isNeededAlone: false);

    private void WhenSettled(Action answer, bool isNeededAlone)
    {
        if (store.Runs.Current is { MustWait: true } run)
            run.WhenApplied(() => WhenSettled(answer, isNeededAlone));
        else if (!store.NeedsBarrier && !isNeededAlone)
            answer();
        else
            settlement.WhenSettled(Applied, answer, store.Runs.Current);
    }

    private bool GoesOn(ChannelRequest request) => request.IsNoWait && store.Broker.Storage?.IsBehind != true;
}
