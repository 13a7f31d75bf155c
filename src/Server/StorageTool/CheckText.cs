using System.Globalization;
using Warren.Storage;
using Warren.Storage.Inspection;

namespace Warren.Server.StorageTool;

/// <summary>A report on a data directory, as it is printed.</summary>
internal static class CheckText
{
    private const string Indent = "  ";

    /// <param name="report">What was found.</param>
    /// <param name="nameOf">What a group is to the people who use the node.</param>
    /// <param name="output">Where to write.</param>
    public static void Write(StorageReport report, Func<GroupId, string> nameOf, TextWriter output)
    {
        output.WriteLine($"Format          version {report.FormatVersion}");
        output.WriteLine($"Starts          {Number(report.Boots)}");
        output.WriteLine($"Log             ends at LSN {report.LastLsn}");
        WriteSegments(report, output);
        WriteCheckpoints(report, output);
        WriteGroups(report, nameOf, output);
        WriteDamages(report, nameOf, output);
        output.WriteLine();
        output.WriteLine("The next start");
        foreach (string sentence in report.NextStart)
            output.WriteLine(Indent + sentence);
        output.WriteLine();
        output.WriteLine(report.IsSound
            ? "Sound: every checksum is right."
            : $"Damaged; keep a copy of the directory before the next start.");
    }

    private static void WriteSegments(StorageReport report, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Segments");
        var table = new TextTable();
        table.Add("file", "kind", "file bytes", "end", "live bytes", "records", "");
        foreach (SegmentReport segment in report.Segments)
        {
            string state = segment.SizeBytes is null ? "missing" : segment.IsDamaged ? "damaged" : "sound";
            table.Add(
                segment.File, segment.Kind, segment.SizeBytes is { } bytes ? Number(bytes) : "-",
                Number(segment.EndBytes), Number(segment.LiveBytes), Number(segment.Records), state);
        }
        table.Write(output, Indent);
        foreach (string file in report.OtherFiles)
            output.WriteLine($"{Indent}{file} is not read any more.");
    }

    private static void WriteCheckpoints(StorageReport report, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Checkpoints");
        if (report.Checkpoints.Count == 0)
            output.WriteLine($"{Indent}none");
        else
        {
            var table = new TextTable();
            table.Add("file", "file bytes", "up to LSN", "");
            foreach (CheckpointReport checkpoint in report.Checkpoints)
            {
                table.Add(
                    checkpoint.File, Number(checkpoint.SizeBytes), checkpoint.Lsn?.ToString() ?? "-",
                    checkpoint.Lsn is null ? "damaged" : checkpoint.IsUsed ? "sound, the next start's" : "sound");
            }
            table.Write(output, Indent);
        }
    }

    private static void WriteGroups(StorageReport report, Func<GroupId, string> nameOf, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Groups");
        if (report.Groups.Count == 0)
        {
            output.WriteLine($"{Indent}none");
            return;
        }
        var table = new TextTable();
        table.Add("what", "group", "live entries", "live bytes", "last index", "lost", "");
        foreach (GroupReport group in report.Groups)
        {
            table.Add(
                nameOf(group.Group), group.Group.ToString(), Number(group.LiveEntries), Number(group.LiveBytes),
                group.LastIndex.ToString(), Number(group.LostEntries), group.IsUnsound ? "unsound" : "sound");
        }
        table.Write(output, Indent);
    }

    private static void WriteDamages(StorageReport report, Func<GroupId, string> nameOf, TextWriter output)
    {
        if (report.IsSound)
            return;
        output.WriteLine();
        output.WriteLine("Damage");
        foreach (DamageReport damage in report.Damages)
        {
            output.WriteLine(Indent + damage.Description);
            foreach ((GroupId group, long entries) in damage.Affected)
            {
                output.WriteLine(
                    $"{Indent}{Indent}{nameOf(group)}, live entries that cannot be read: {Number(entries)}");
            }
            if (damage.Affected.Count == 0)
                output.WriteLine($"{Indent}{Indent}no live entry is known to lie there");
        }
    }

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
