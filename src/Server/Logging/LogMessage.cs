using System.Runtime.CompilerServices;
using Warren.Broker;

namespace Warren.Server.Logging;

/// <summary>
/// Makes <c>log.Write(level, category, $"...")</c> build its text only when the line will be written: when the level is
/// off nothing is evaluated and nothing allocated.
/// </summary>
[InterpolatedStringHandler]
public ref struct LogMessage
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Called by the compiler; <paramref name="isOn"/> false skips the holes.</summary>
    public LogMessage(
        int literalLength, int formattedCount, NodeLog log, LogLevel level, LogCategory category, out bool isOn)
    {
        IsOn = isOn = log.IsOn(level, category);
        _text = isOn ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    internal bool IsOn { get; }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    internal string ToStringAndClear() => _text.ToStringAndClear();
}
