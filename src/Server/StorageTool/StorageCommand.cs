using Warren.Broker.Durability;
using Warren.Server.Configuration;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Inspection;

namespace Warren.Server.StorageTool;

/// <summary>
/// <c>warren storage check</c> and <c>warren storage dump</c>: a data directory explained to a person, while no node
/// uses it. Nothing in it is changed.
/// </summary>
public static class StorageCommand
{
    /// <summary>Exit code: everything is as it was written; of a dump, it was written out.</summary>
    public const int Sound = 0;

    /// <summary>Exit code: something is damaged, and the output says what.</summary>
    public const int Damaged = 1;

    /// <summary>Exit code: the directory cannot be read, is in use, or the command was not understood.</summary>
    public const int Unreadable = 2;

    public const string Usage = """
        usage: warren storage check [DIRECTORY]
               warren storage dump  [DIRECTORY] [--group N] [--segment N] [--from LSN] [--bodies]

        Explains the data directory of a node that is stopped. Nothing in it is changed, and no node can start on it
        meanwhile. DIRECTORY is by default the one that a node started in the same way would use.

          check   verifies every checksum and says what there is, what is damaged, which messages that costs and what
                  the next start of the node will do about it
          dump    writes a line for each record of the log, in the order in which they lie
                    --group N     only the records of this group: 1 is the definitions, 2 the delayed messages, 1000
                                  and above are queues
                    --segment N   only those of this segment file
                    --from LSN    only those from this log sequence number on
                    --bodies      the bodies too, as text with \xx for what cannot be printed

        Exit code: 0 sound, 1 damaged, 2 the directory cannot be read or is in use.
        """;

    /// <summary>Runs the command that stands behind <c>storage</c>; returns the exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        if (arguments.Any(argument => argument is "--help" or "-h" or "-help"))
        {
            output.WriteLine(Usage);
            return Sound;
        }
        try
        {
            StorageArguments parsed = StorageArguments.Parse(arguments);
            string directory = Path.GetFullPath(
                parsed.Directory ?? NodeConfiguration.Load().Places.DataDirectory);
            var disk = new ReadOnlyDisk(directory);
            using DirectoryLock? held = DirectoryLock.TakeToRead(directory);
            output.WriteLine($"Data directory  {directory}");
            return parsed.IsDump ? Dump(disk, parsed.Selection, output) : Check(disk, output);
        }
        catch (Exception error) when (error is DiskException or StorageVersionException or ConfigurationException)
        {
            errors.WriteLine(error.Message);
            return Unreadable;
        }
    }

    /// <summary>Checks and explains a directory.</summary>
    public static int Check(IDisk disk, TextWriter output)
    {
        if (disk.List("log").Count == 0 && disk.List("checkpoint").Count == 0)
        {
            output.WriteLine("It is empty: no node has stored anything in it.");
            return Sound;
        }
        var names = new GroupNames();
        StorageReport report = StorageInspection.Read(disk, GroupNames.Definitions, names.Note);
        CheckText.Write(report, names.Of, output);
        return report.IsSound ? Sound : Damaged;
    }

    /// <summary>Writes the records of a directory out.</summary>
    public static int Dump(IDisk disk, DumpSelection selection, TextWriter output)
    {
        bool isDamaged = false;
        output.WriteLine(DumpText.Heading);
        StorageDump.Read(
            disk, selection,
            record =>
            {
                isDamaged |= !record.IsBodySound;
                DumpText.Write(record, output);
            },
            damage =>
            {
                isDamaged = true;
                output.WriteLine($"damaged: {damage}");
            });
        return isDamaged ? Damaged : Sound;
    }
}
