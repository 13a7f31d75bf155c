namespace Warren.Fuzz;

/// <summary>A promise that did not hold.</summary>
public sealed class FuzzException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Throws unless the promise holds.</summary>
    public static void Unless(bool holds, string promise)
    {
        if (!holds)
            throw new FuzzException(promise);
    }
}
