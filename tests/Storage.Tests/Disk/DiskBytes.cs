namespace Warren.Storage.Disk;

/// <summary>Short words for what the tests of all disks do.</summary>
internal static class DiskBytes
{
    public static void Write(this IDiskFile file, long offset, params byte[][] pieces) =>
        file.Write(offset, Array.ConvertAll(pieces, piece => new ReadOnlyMemory<byte>(piece)));

    public static byte[] ReadAll(this IDiskFile file)
    {
        var buffer = new byte[file.LengthBytes];
        return buffer[..file.Read(0, buffer)];
    }

    public static byte[] ReadAll(this IDisk disk, string path)
    {
        using var file = disk.Open(path);
        return file.ReadAll();
    }

    /// <summary>A file with these bytes, all of it durable: bytes, size and name.</summary>
    public static IDiskFile CreateDurable(this IDisk disk, string path, params byte[] bytes)
    {
        var file = disk.Create(path, 0);
        file.Write(0, bytes);
        file.Sync();
        disk.SyncDirectory(DiskPath.Parent(path));
        return file;
    }

    public static byte[] Repeat(byte value, int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }
}
