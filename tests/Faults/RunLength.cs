namespace Warren.Faults;

/// <summary>How much of a scenario runs.</summary>
internal enum RunLength
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>One of each kind.</summary>
    Short,

    /// <summary>What runs with the tests: less than a minute of a few kinds.</summary>
    Brief,
}
