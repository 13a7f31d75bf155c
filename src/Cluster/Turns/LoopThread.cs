using Warren.Storage.Threads;

namespace Warren.Cluster.Turns;

/// <summary>
/// A thread of its own for a loop whose calls wait in place: what it awaits has always ended, so that it never leaves
/// the thread.
/// </summary>
internal static class LoopThread
{
    // Loops call little and keep nothing large on the stack; the turns of owners run elsewhere.
    private const int StackBytes = 512 * 1024;

    /// <summary>Runs the loop; the result ends as it does.</summary>
    public static Task Run(string name, Func<Task> loop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                try
                {
                    loop().GetAwaiter().GetResult();
                    ended.SetResult();
                }
                catch (Exception error)
                {
                    // Whoever started the loop handles it as if it had awaited it.
                    ended.SetException(error);
                }
            },
            StackBytes)
        { IsBackground = true, Name = name };
        thread.Start();
        return ended.Task;
    }

    /// <summary>What such a loop waits for.</summary>
    internal sealed class Signal : ILoopSignal
    {
        private readonly ThreadSignal _signal = new();

        public void Raise() => _signal.Raise();

        public ValueTask WaitAsync()
        {
            _signal.Wait();
            return ValueTask.CompletedTask;
        }
    }
}
