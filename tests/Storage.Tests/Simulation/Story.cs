using System.Runtime.CompilerServices;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// What happened in one simulation, to be read when it fails. Only a replay writes it down: telling costs more than the
/// work that is told of.
/// </summary>
internal sealed class Story(bool isWritten)
{
    private const int MostLines = 80;

    private readonly Queue<string> _lines = [];

    public bool IsWritten { get; } = isWritten;

    /// <summary>Crashes so far.</summary>
    public long Crashes { get; set; }

    public long Checks { get; private set; }

    public void Tell([InterpolatedStringHandlerArgument("")] ref StoryText what)
    {
        if (IsWritten)
            Tell(what.ToString());
    }

    public void Tell(string what)
    {
        if (!IsWritten)
            return;
        _lines.Enqueue(what);
        if (_lines.Count > MostLines)
            _lines.Dequeue();
    }

    /// <exception cref="SimulationException">It does not hold.</exception>
    public void Check(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref StoryText what)
    {
        Checks++;
        if (!holds)
            throw new SimulationException($"crash {Crashes}: {what.ToString()}");
    }

    public override string ToString() => string.Join('\n', _lines);
}
