namespace Warren.Storage.Tests.Simulation;

/// <summary>The log did what it must not.</summary>
internal sealed class SimulationException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>
    /// Runs a simulation, and a second time with its story written down if it fails, so that the failure can be read.
    /// </summary>
    public static long Watch(string name, int seed, Func<Story, long> run)
    {
        var story = new Story(isWritten: false);
        try
        {
            return run(story);
        }
        catch (Exception) when (!story.IsWritten)
        {
            // Told by the replay.
        }
        story = new Story(isWritten: true);
        try
        {
            run(story);
        }
        catch (Exception error)
        {
            throw new SimulationException($"{name}, seed {seed}, {error.Message}\n{story}", error);
        }
        throw new SimulationException($"{name}, seed {seed}: failed, and did not when it was replayed");
    }
}
