namespace Warren.Broker.Definitions.Import;

/// <summary>A definitions document that becomes part of what there is; the outcome is the task's.</summary>
internal sealed class ImportDefinitions(DefinitionsDocument document, TaskCompletionSource done) : DefinitionsChange
{
    internal override void Fail(string reason) =>
        done.SetException(Administration.AdministrationException.NotNow(reason));

    internal override void Apply(DefinitionsStore store)
    {
        try
        {
            ImportApplication.Apply(store, document);
            store.Answers.WhenAllDurable(done.SetResult);
        }
        catch (DefinitionsException error)
        {
            if (!store.LooksAgain())
                done.SetException(error);
        }
    }
}
