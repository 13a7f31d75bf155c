using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Server.Control;

/// <summary>What a command asks of the node.</summary>
/// <param name="Command">The name of one of <see cref="ControlCommands"/>.</param>
/// <param name="Arguments">A JSON object.</param>
public sealed record ControlRequest(string Command, JsonElement Arguments)
{
    /// <summary>The virtual host meant.</summary>
    public string Vhost => Text("vhost");

    /// <summary>The same with another number.</summary>
    public ControlRequest With(string name, int number)
    {
        JsonObject changed = JsonObject.Create(Arguments)!;
        changed[name] = JsonValue.Create(number);
        using JsonDocument document = JsonDocument.Parse(changed.ToJsonString());
        return this with { Arguments = document.RootElement.Clone() };
    }

    /// <exception cref="ControlRefusalException">It is not there, or no text.</exception>
    public string Text(string name) => FindText(name) ?? throw Missing(name, "a text");

    public string? FindText(string name) =>
        Arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public bool Flag(string name) =>
        Arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    /// <summary>It is given, whatever it is.</summary>
    public bool Has(string name) => Arguments.TryGetProperty(name, out _);

    /// <exception cref="ControlRefusalException">It is not there, or no whole number.</exception>
    public int Number(string name) =>
        Arguments.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Missing(name, "a whole number");

    /// <summary>Any number, a fraction too.</summary>
    public double? FindNumber(string name) =>
        Arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    /// <exception cref="ControlRefusalException">It is not there, or not a list of texts.</exception>
    public IReadOnlyList<string> Texts(string name) =>
        Arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
        && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Missing(name, "a list of texts");

    private ControlRefusalException Missing(string name, string what) => new(
        ControlRefusalException.InvalidArgumentKind, $"{Command} needs {what} called {name}");
}
