namespace Warren.Amqp;

/// <summary>
/// What every method can do, so that one piece of code frames them all. Used as a generic constraint only, never as
/// a value: methods are ref structs and nothing is boxed.
/// </summary>
public interface IMethod
{
    /// <summary>Class id, method id and arguments, in bytes.</summary>
    int SizeBytes { get; }

    /// <summary>Writes class id, method id and arguments.</summary>
    void WriteTo(ref WireWriter writer);
}
