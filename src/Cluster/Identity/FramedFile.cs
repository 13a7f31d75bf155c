using System.Buffers.Binary;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Cluster.Identity;

/// <summary>
/// What the small files of a data directory have in common (docs/formats/identity.md, docs/formats/membership.md):
/// magic, version and checksum, and that they are replaced as a whole.
/// </summary>
/// <param name="Path">Its name in the data directory.</param>
/// <param name="Magic">The first four bytes, little-endian.</param>
/// <param name="Meaning">
/// What it says, and what an operator does about a damaged one: ends the sentence "the file ..., ".
/// </param>
internal sealed record FramedFile(string Path, uint Magic, FileMeaning Meaning)
{
    /// <summary>Magic, version, and two bytes of zero.</summary>
    public const int StartBytes = 8;

    private const ushort Version = 1;

    /// <summary>No file is longer.</summary>
    public required int MostBytes { get; init; }

    /// <summary>
    /// The checksum is of what is behind it, and lies here; null: it is of what is before, at the end.
    /// </summary>
    public int? ChecksumAt { get; init; }

    /// <summary>The whole file, its checksum proved; null: there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public byte[]? Read(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return null;
        byte[] bytes = new byte[MostBytes + 1];
        int size;
        using (IDiskFile file = disk.Open(Path))
            size = file.Read(0, bytes);
        Array.Resize(ref bytes, size);
        if (size >= StartBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) is var version and not Version)
        {
            throw new IdentityException(
                $"the file \"{Path}\" has format version {version}, this node knows version {Version}: "
                + "start the version of Warren that wrote it, or a later one");
        }
        return IsSound(bytes) ? bytes : throw Damaged();
    }

    /// <summary>
    /// Fills in magic, version and checksum, and puts it in the place of the present one; durable when it returns.
    /// </summary>
    /// <param name="disk">Where.</param>
    /// <param name="bytes">The whole file, with room for these.</param>
    /// <exception cref="DiskException">It could not be written; the present one stays.</exception>
    public void Write(IDisk disk, byte[] bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        int at = ChecksumAt ?? bytes.Length - sizeof(uint);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32C.Of(Checked(bytes)));
        disk.Replace(Path, bytes.Length, file => file.Write(0, [bytes]));
    }

    /// <summary>What it holds cannot be, though its checksum is right.</summary>
    public IdentityException Damaged() =>
        new($"the file \"{Path}\", {Meaning.Says}, is damaged: {Meaning.WhatToDo}");

    private bool IsSound(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < StartBytes + sizeof(uint) || bytes.Length > MostBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        int at = ChecksumAt ?? bytes.Length - sizeof(uint);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) == Crc32C.Of(Checked(bytes));
    }

    private ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> bytes) =>
        ChecksumAt is { } at ? bytes[(at + sizeof(uint))..] : bytes[..^sizeof(uint)];
}
