using System.Runtime.CompilerServices;

namespace Warren.Wire;

/// <summary>
/// Waits for conditions. Patience is for machines that are busy with something else; nobody waits it out.
/// </summary>
public static class Eventually
{
    /// <summary>How long anything may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Returns as soon as the condition holds.</summary>
    /// <exception cref="TimeoutException">It never did; the message says which.</exception>
    public static async Task True(
        Func<bool> condition,
        Func<string>? found = null,
        [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"Never: {text}. {found?.Invoke()}");
            await Task.Delay(1).ConfigureAwait(false);
        }
    }
}
