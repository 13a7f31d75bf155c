using Warren.Broker.Definitions;

namespace Warren.Broker.Administration;

/// <summary>
/// An operation of the operator, checked and applied in the definitions' turn. Its task completes when what was changed
/// is durable, or fails with an <see cref="AdministrationException"/> when nothing was.
/// </summary>
internal sealed class AdministrativeChange : DefinitionsChange
{
    private readonly Func<DefinitionsStore, bool> _apply;
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AdministrativeChange(Func<DefinitionsStore, bool> apply) => _apply = apply;

    public static Task RunAsync(MessageBroker broker, Action<DefinitionsStore> apply) => AskAsync(broker, store =>
    {
        apply(store);
        return true;
    });

    /// <summary>
    /// The same; the task says what the change said when it was applied last. It ends in the turn, and not some time
    /// later on another thread: whoever looks at it finds it ended at the same step each time.
    /// </summary>
    public static Task<bool> AskAsync(MessageBroker broker, Func<DefinitionsStore, bool> apply)
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
        bool answer;
        try
        {
            answer = _apply(store);
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
        store.Answers.WhenAllDurable(() => _done.SetResult(answer));
    }
}
