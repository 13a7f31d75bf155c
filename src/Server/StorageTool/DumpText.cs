using System.Text;
using Warren.Storage;
using Warren.Storage.Inspection;

namespace Warren.Server.StorageTool;

/// <summary>A record as a line.</summary>
internal static class DumpText
{
    public const string Heading =
        "       LSN  segment:offset   kind            group       index    term    meta      body  notes";

    public static void Write(DumpedRecord record, TextWriter output)
    {
        output.WriteLine(
            $"{record.Lsn,10}  {record.Position,-15}  {record.Kind,-13}  {Blank(record.Group.Value),6}  "
            + $"{Blank(record.Index.Value),10}  {Blank(record.Term.Value),6}  {record.MetaBytes,6}  "
            + $"{record.BodyBytes,8}  {Notes(record)}".TrimEnd());
        if (record.Body is { Length: > 0 } body)
            output.WriteLine($"            {Escaped(body)}");
    }

    private static string Blank(long number) => number == 0 ? "-" : $"{number}";

    private static string Notes(DumpedRecord record)
    {
        var notes = new List<string>();
        if (!record.IsBodySound)
            notes.Add("BODY DAMAGED");
        if (record.IsKept)
            notes.Add("kept");
        if (record.IsSurvivor)
            notes.Add("copy");
        if (record.SharedBody != 0)
            notes.Add($"body of LSN {record.SharedBody}");
        if (record.Releases.Count > 0)
            notes.Add("releases " + string.Join(',', record.Releases.Select(Range)));
        return string.Join(", ", notes);
    }

    private static string Range(IndexRange range) =>
        range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";

    private static string Escaped(byte[] body)
    {
        var text = new StringBuilder(body.Length);
        foreach (byte one in body)
        {
            if (one is >= 0x20 and < 0x7F && one != (byte)'\\')
                text.Append((char)one);
            else
                text.Append($"\\{one:x2}");
        }
        return text.ToString();
    }
}
