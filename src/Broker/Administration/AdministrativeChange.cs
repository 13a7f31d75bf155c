using Warren.Broker.Definitions;

namespace Warren.Broker.Administration;

/// <summary>
/// An operation of the operator, checked and applied in the definitions' turn. Its task completes when what was changed
/// is durable, or fails with an <see cref="AdministrationException"/> when nothing was.
/// </summary>
internal sealed class AdministrativeChange : DefinitionsChange
{
    private readonly Action<DefinitionsStore> _apply;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AdministrativeChange(Action<DefinitionsStore> apply) => _apply = apply;

    public static Task RunAsync(MessageBroker broker, Action<DefinitionsStore> apply)
    {
        var change = new AdministrativeChange(apply);
        broker.Definitions.Post(change);
        return change._done.Task;
    }

    /// <summary>Prepares on the caller's thread what takes its time, such as patterns, and applies that.</summary>
    public static Task RunAsync<TPrepared>(
        MessageBroker broker, Func<TPrepared> prepare, Action<DefinitionsStore, TPrepared> apply)
    {
        TPrepared prepared;
        try
        {
            prepared = prepare();
        }
        catch (AdministrationException refusal)
        {
            return Task.FromException(refusal);
        }
        return RunAsync(broker, store => apply(store, prepared));
    }

    internal override void Fail(string reason) => _done.SetException(AdministrationException.NotNow(reason));

    internal override void Apply(DefinitionsStore store)
    {
        try
        {
            _apply(store);
        }
        catch (AdministrationException refusal)
        {
            bool isMissing = refusal.Failure is AdministrationFailure.NoSuchUser or AdministrationFailure.NoSuchVhost
                or AdministrationFailure.NotFound;
            if (!isMissing || !store.LooksAgain())
                _done.SetException(refusal);
            return;
        }
        // What was found as wanted may be somebody else's change, which is not durable yet either.
        store.Answers.WhenAllDurable(_done.SetResult);
    }
}
