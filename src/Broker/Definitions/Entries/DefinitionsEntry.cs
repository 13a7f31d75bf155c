using Warren.Amqp;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// One change of the definitions as plain values: what is appended to the log, and what a start finds there. Immutable.
/// An entry that was checked applies to every state that had the same entries before it, always with the same result;
/// nothing of it comes from a clock, from randomness or from the node.
/// </summary>
internal abstract record DefinitionsEntry
{
    public abstract DefinitionKey Key { get; }

    /// <summary>Takes the definition away instead of making it.</summary>
    public virtual bool Removes => false;

    /// <summary>
    /// What has any type; apart from the other fields, so that it may be nested as deeply as on the wire.
    /// </summary>
    public virtual FieldTable Arguments => FieldTable.Empty;

    /// <summary>
    /// The lowest version of <see cref="EntryFormat"/> that can hold it: so a node of the version before reads what it
    /// would understand, and refuses the rest by name.
    /// </summary>
    public virtual byte FormatVersion => 1;

    /// <summary>Whether what it makes survives a restart; asked when it has been applied.</summary>
    public abstract bool IsDurable(DefinitionsDraft draft);

    /// <summary>Whether the draft already is what applying this would make of it.</summary>
    public abstract bool ChangesNothing(DefinitionsDraft draft);

    /// <summary>
    /// Whether whoever wanted this may be told that it was done, since the draft is as he wanted it: nobody knows any
    /// more which entry has made it so. False also where he is told the same when he looks again.
    /// </summary>
    public virtual bool IsDone(DefinitionsDraft draft) => ChangesNothing(draft);

    /// <summary>What is missing that this cannot be without; null: nothing.</summary>
    public virtual DefinitionKey? Missing(DefinitionsDraft draft) => null;

    /// <summary>
    /// Whether the draft is another than this was checked against, beyond the definition itself; then it changes
    /// nothing.
    /// </summary>
    public virtual bool Conflicts(DefinitionsDraft draft) => Missing(draft) is not null;

    /// <summary>Changes the draft.</summary>
    /// <param name="draft">As the entries before left it.</param>
    /// <param name="index">The entry's place in the group: the id of a queue that it makes.</param>
    public abstract void Apply(DefinitionsDraft draft, long index);

    /// <summary>Writes the fields that <see cref="EntryFormat"/> documents.</summary>
    public abstract void Write(FieldTable fields);
}
