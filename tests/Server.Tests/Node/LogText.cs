using System.Text;

namespace Warren.Server.Tests.Node;

/// <summary>Takes what one thread prints and shows it to another.</summary>
internal sealed class LogText : TextWriter
{
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_text)
            _text.Append(value);
    }

    public override void Write(string? value)
    {
        lock (_text)
            _text.Append(value);
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    /// <summary>Forgets what was printed, before somebody else prints.</summary>
    public void Clear()
    {
        lock (_text)
            _text.Clear();
    }

    public bool Has(string part) => ToString().Contains(part, StringComparison.Ordinal);

    public override string ToString()
    {
        lock (_text)
            return _text.ToString();
    }
}
