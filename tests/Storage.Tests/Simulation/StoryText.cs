using System.Runtime.CompilerServices;

namespace Warren.Storage.Tests.Simulation;

/// <summary>An interpolated text that is put together only when it will be read.</summary>
[InterpolatedStringHandler]
internal ref struct StoryText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>For what is told.</summary>
    public StoryText(int literalLength, int formattedCount, Story story, out bool isEnabled)
    {
        isEnabled = story.IsWritten;
        _text = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>For what should hold.</summary>
    public StoryText(int literalLength, int formattedCount, bool holds, out bool isEnabled)
    {
        isEnabled = !holds;
        _text = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
