namespace Warren.Cluster.Links;

/// <summary>The messages of the handshake, in their order; see docs/formats/peer-links.md.</summary>
internal enum HandshakeType : byte
{
    /// <summary>Each side's first.</summary>
    Opening = 1,

    /// <summary>The dialer: who it is, with its proof.</summary>
    Introduction = 2,

    /// <summary>The listener: its verdict and who it is, with its proof.</summary>
    Answer = 3,

    /// <summary>The dialer's verdict, then the listener's last word, each with a proof.</summary>
    Verdict = 4,

    /// <summary>Instead of any other, without proof: a code, and the reader makes the sentence.</summary>
    Refusal = 5,
}
