using System.Globalization;

namespace Warren.Load;

/// <summary>The command line's options, each asked for once; what nobody asked for is an error.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _flags = [];

    internal Arguments(ReadOnlySpan<string> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"'{arguments[i]}' is not an option");
            string name = arguments[i][2..];
            bool valued = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (valued)
                _values[name] = arguments[++i];
            else
                _flags.Add(name);
        }
    }

    internal string Text(string name, string otherwise) => _values.Remove(name, out string? value) ? value : otherwise;

    internal bool Flag(string name) => _flags.Remove(name);

    internal int Whole(string name, int otherwise, int least = 0)
    {
        string text = Text(name, otherwise.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value >= least
            ? value
            : throw new UsageException($"--{name} wants a whole number of {least} or more, not '{text}'");
    }

    internal double Number(string name, double otherwise)
    {
        string text = Text(name, otherwise.ToString(CultureInfo.InvariantCulture));
        return double.TryParse(text, CultureInfo.InvariantCulture, out double value) && value >= 0
            ? value
            : throw new UsageException($"--{name} wants a number of 0 or more, not '{text}'");
    }

    internal void RejectRest()
    {
        string[] rest = [.. _values.Keys.Concat(_flags)];
        if (rest.Length > 0)
            throw new UsageException($"unknown option, or one without its value: --{rest[0]}");
    }
}
