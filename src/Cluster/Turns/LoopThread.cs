using Warren.Storage.Threads;

namespace Warren.Cluster.Turns;

/// <summary>
/// A thread of its own for a loop whose calls wait in place: what it awaits has always ended, so that it never leaves
/// the thread.
/// </summary>
internal static class LoopThread
{
    /// <inheritdoc cref="Run{T}"/>
    public static Task Run(string name, Func<Task> loop) => Run(name, async () =>
    {
        await loop().ConfigureAwait(false);
        return true;
    });

    /// <summary>
    /// Runs the loop; the result ends as it does, or at once with an error if there can be no more threads.
    /// </summary>
    public static Task<T> Run<T>(string name, Func<Task<T>> loop)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            new Thread(() => Complete(loop, ended)) { IsBackground = true, Name = name }.Start();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            ended.SetException(new IOException($"no thread can be had: {error.Message}", error));
        }
        return ended.Task;
    }

    private static void Complete<T>(Func<Task<T>> loop, TaskCompletionSource<T> ended)
    {
        BatchThread.Enter();
        try
        {
            ended.SetResult(loop().GetAwaiter().GetResult());
        }
        catch (Exception error)
        {
            // Whoever started the loop handles it as if it had awaited it.
            ended.SetException(error);
        }
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
