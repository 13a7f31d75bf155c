namespace Warren.Cli.Commands;

/// <summary>Waiting for what nobody announces: another process's file, its start or its end.</summary>
internal static class Pause
{
    public static void ForMs(int milliseconds)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(milliseconds);
    }
}
