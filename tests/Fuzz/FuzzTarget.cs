namespace Warren.Fuzz;

/// <summary>
/// What is fuzzed. A new target is a subclass and a line in <see cref="FuzzTargets"/>. A case is made from its own
/// seed alone, so a failure is repeated by that seed.
/// </summary>
public abstract class FuzzTarget
{
    /// <summary>The name for --target.</summary>
    public abstract string Name { get; }

    /// <summary>The bytes that a case of any size may allocate; an exception takes the most of it.</summary>
    public virtual long AllowedBytes => 64 * 1024;

    /// <summary>The bytes that a case may allocate for each byte of input.</summary>
    public virtual long AllowedBytesPerInputByte => 256;

    /// <summary>Makes an input that the target accepts.</summary>
    public abstract byte[] MakeValid(Random random);

    /// <summary>Makes an input that is nearly valid of a valid one.</summary>
    public virtual byte[] Mutate(byte[] input, Random random) => Mutation.Apply(input, random);

    /// <summary>
    /// Runs the case; throws <see cref="FuzzException"/> when a promise does not hold. WireFormatException and
    /// AmqpException are the input's fault, any other exception is the target's.
    /// </summary>
    public abstract void Check(byte[] input);
}
