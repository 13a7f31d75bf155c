using System.Buffers.Binary;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Counts the starts of a directory. The number is durable before anything is written under it: it makes the checksums
/// of one start differ from those of every other. It is written in place, so that a start needs no space, and into one
/// of two sectors by turns, so that whatever becomes of the write, the number before it is still there.
/// </summary>
internal static class BootFile
{
    private const string Path = "boot";

    private const int SlotBytes = 512;

    private const int Slots = 2;

    private const uint Magic = 0x544F_4F57;

    /// <summary>Reads the number, adds one and makes that durable.</summary>
    public static long Next(IDisk disk, long atLeast)
    {
        long boot = Math.Max(Read(disk), atLeast) + 1;
        using (IDiskFile? file = OpenWhole(disk))
        {
            if (file is not null)
            {
                WriteSlot(file, boot);
                file.Sync();
                return boot;
            }
        }
        disk.Replace(Path, SlotBytes * Slots, file =>
        {
            // Both, so that the blocks of either are there when the disk is full.
            WriteSlot(file, boot - 1);
            WriteSlot(file, boot);
        });
        return boot;
    }

    /// <summary>
    /// The number of the last start; 0 if it is not known. Segments name their boots too, so that a file that cannot be
    /// read costs nothing.
    /// </summary>
    public static long Read(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return 0;
        using IDiskFile file = disk.Open(Path);
        byte[] bytes = new byte[SlotBytes * Slots];
        string? refusal = null;
        file.Salvage(0, bytes, ref refusal);
        long newest = 0;
        for (int slot = 0; slot < Slots; slot++)
            newest = Math.Max(newest, ReadSlot(bytes.AsSpan(slot * SlotBytes, SlotBytes)));
        return newest;
    }

    private static IDiskFile? OpenWhole(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return null;
        IDiskFile file = disk.Open(Path);
        if (file.LengthBytes == SlotBytes * Slots)
            return file;
        file.Dispose();
        return null;
    }

    private static void WriteSlot(IDiskFile file, long boot)
    {
        byte[] slot = new byte[SlotBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(4), Magic);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(8), boot);
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Crc32C.Of(slot.AsSpan(4)));
        file.Write(boot % Slots * SlotBytes, [slot]);
    }

    private static long ReadSlot(ReadOnlySpan<byte> slot) =>
        BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) == Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(slot) == Crc32C.Of(slot[4..])
            ? BinaryPrimitives.ReadInt64LittleEndian(slot[8..])
            : 0;
}
