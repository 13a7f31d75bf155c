using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>Writes what a server sent as transcript lines, in the notation that scenarios are written in.</summary>
public static partial class Wording
{
    private const int LongTextBytes = 1000;

    /// <summary>The server's properties that differ between versions and machines; their values are left out.</summary>
    private static readonly HashSet<string> Identity =
        ["cluster_name", "copyright", "information", "platform", "product", "version", "warren_version"];

    /// <summary>
    /// Tables with one of these are the server's own; the order of their entries means nothing and is not told.
    /// </summary>
    private static readonly string[] Sorted = ["consumer_cancel_notify", "x-death", "routing-keys", "x-delivery-count"];

    /// <summary>The lines of one thing received; the properties and body of a content follow indented.</summary>
    public static IEnumerable<string> Lines(string connection, Incoming incoming)
    {
        if (incoming.Method is not { } method)
        {
            yield return $"{connection}{(incoming.Channel > 0 ? $".{incoming.Channel}" : "")} {incoming.Other}";
            yield break;
        }

        StringBuilder line = new($"{connection}.{incoming.Channel} {method.Name}");
        for (int i = 0; i < method.Values.Count; i++)
        {
            line.Append(
                CultureInfo.InvariantCulture, $" {method.Definition.Fields[i].Name}={Field(Ordered(method, i))}");
        }
        yield return line.ToString();
        if (incoming.Header is not { } header)
            yield break;
        if (header.Properties.Count > 0)
        {
            IEnumerable<string> properties = header.Properties.Select(
                property => $"{property.Name}={Field(property.Value)}");
            yield return "  " + string.Join(' ', properties);
        }

        yield return "  body " + Text(incoming.Body!);
    }

    /// <summary>The value of a field; mechanisms have no order.</summary>
    private static object Ordered(Method method, int field) =>
        method.Definition.Fields[field].Name == "mechanisms"
            ? Encoding.UTF8.GetBytes(
                string.Join(' ', Encoding.UTF8.GetString((byte[])method.Values[field]).Split(' ').Order()))
            : method.Values[field];

    /// <summary>A method field or a property.</summary>
    public static string Field(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        long number => ((ulong)number).ToString(CultureInfo.InvariantCulture),
        byte[] bytes => Text(bytes),
        FieldTable table => Table(table),
        _ => throw new InvalidOperationException($"no wording for {value.GetType()}"),
    };

    /// <summary>Bytes as quoted text; long ones as a repetition or as their size and digest.</summary>
    public static string Text(byte[] bytes)
    {
        if (bytes.Length > 60 && bytes.AsSpan().IndexOfAnyExcept(bytes[0]) < 0)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}*{(char)bytes[0]}");
        if (bytes.Length > LongTextBytes)
            return $"{bytes.Length} bytes of digest {Convert.ToHexString(SHA256.HashData(bytes))[..16]}";
        return IsText(bytes) ? Quote(Encoding.UTF8.GetString(bytes)) : Quote(bytes);
    }

    private static bool IsText(byte[] bytes) =>
        System.Text.Unicode.Utf8.IsValid(bytes) && bytes.AsSpan().IndexOf((byte)0) < 0;

    private static string Quote(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal) + '"';

    private static string Quote(byte[] bytes)
    {
        StringBuilder text = new("\"");
        foreach (byte octet in bytes)
        {
            if (octet is >= 32 and < 127 and not (byte)'"' and not (byte)'\\')
                text.Append((char)octet);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}");
        }

        return text.Append('"').ToString();
    }

    private static string Table(FieldTable table)
    {
        bool serverProperties = table.Find("cluster_name") is not null && table.Find("product") is not null;
        IEnumerable<(string Name, FieldValue Value)> entries = table.Entries;
        if (serverProperties || Sorted.Any(name => table.Find(name) is not null))
        {
            entries = entries.Where(entry => entry.Name != "warren_version")
                .OrderBy(entry => entry.Name, StringComparer.Ordinal);
        }
        string Told((string Name, FieldValue Value) entry) =>
            serverProperties && Identity.Contains(entry.Name) ? "<text>" : Value(entry.Value);
        return '{' + string.Join(", ", entries.Select(entry => $"{Name(entry.Name)}: {Told(entry)}")) + '}';
    }

    private static string Name(string name) => Simple().IsMatch(name) ? name : Quote(name);

    private static string Value(FieldValue value) => value.Type switch
    {
        't' => (bool)value.Content! ? "true" : "false",
        'V' => "null",
        'b' => $"sbyte {value.Number}",
        'B' => $"byte {value.Number}",
        's' => $"short {value.Number}",
        'u' => $"ushort {value.Number}",
        'I' => $"int {value.Number}",
        'i' => $"uint {value.Number}",
        'l' => $"long {value.Number}",
        'T' => $"timestamp {Time(value.Number)}",
        'f' => string.Create(CultureInfo.InvariantCulture, $"float {(float)value.Content!}"),
        'd' => string.Create(CultureInfo.InvariantCulture, $"double {(double)value.Content!}"),
        'D' => $"decimal {(((byte, int))value.Content!).Item1} {(((byte, int))value.Content!).Item2}",
        'S' => Text(value.Bytes),
        'x' => "bytes " + Quote(value.Bytes),
        'A' => '[' + string.Join(", ", ((List<FieldValue>)value.Content!).Select(Value)) + ']',
        'F' => Table((FieldTable)value.Content!),
        _ => throw new InvalidOperationException($"no wording for type {value.Type}"),
    };

    /// <summary>A time within a day of now was set by the broker, and reads differently each time.</summary>
    private static string Time(long seconds) =>
        Math.Abs(seconds - Deadline.Now.ToUnixTimeSeconds()) < 86_400
            ? "<now>"
            : seconds.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[A-Za-z0-9_.\-]+$")]
    private static partial Regex Simple();
}
