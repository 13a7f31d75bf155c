namespace Warren.Cluster.Links;

/// <summary>Ends a handshake; caught where the handshake was begun.</summary>
internal sealed class RefusedException(Refusal refusal) : Exception(refusal.Sentence)
{
    public RefusedException(RefusalCode code, string sentence)
        : this(new Refusal(code, sentence))
    {
    }

    public Refusal Refusal { get; } = refusal;
}
