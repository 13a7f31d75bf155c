using Microsoft.Win32.SafeHandles;

namespace Warren.Storage.Disk;

/// <summary>An open file of a <see cref="FileDisk"/>: offsets come with every call, so reads need no lock.</summary>
internal sealed class FileDiskFile(SafeFileHandle handle, string path) : IDiskFile
{
    public long LengthBytes
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(handle);
            }
            catch (Exception error) when (DiskErrors.Covers(error))
            {
                throw DiskErrors.From("read the size of", path, error);
            }
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        try
        {
            // The system may give less than it has, after a signal or at the border of a device.
            var total = 0;
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[total..], offset + total);
                if (read == 0)
                    break;
                total += read;
            }
            return total;
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From($"read {buffer.Length} bytes at {offset} of", path, error);
        }
    }

    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentNullException.ThrowIfNull(pieces);
        try
        {
            // Cuts the list at IOV_MAX and goes on after a short write by itself.
            RandomAccess.Write(handle, pieces, offset);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From($"write {SizeOf(pieces)} bytes at {offset} of", path, error);
        }
    }

    public void Sync()
    {
        try
        {
            if (!LinuxCalls.Available)
            {
                RandomAccess.FlushToDisk(handle);
                return;
            }
            var number = LinuxCalls.Retry(() => LinuxCalls.Fdatasync(handle));
            if (number != 0)
                throw DiskErrors.From("sync", path, number);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("sync", path, error);
        }
    }

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        try
        {
            RandomAccess.SetLength(handle, lengthBytes);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From($"set to {lengthBytes} bytes the size of", path, error);
        }
    }

    public void Dispose() => handle.Dispose();

    /// <summary>Reserves space for a file that is still empty; its size is <paramref name="sizeBytes"/> then.</summary>
    public void Allocate(long sizeBytes)
    {
        if (sizeBytes == 0)
            return;
        var number = LinuxCalls.Available
            ? LinuxCalls.Retry(() => LinuxCalls.Fallocate(handle, 0, 0, sizeBytes))
            : DiskErrors.NotSupported;
        // Such a file system has no reservation: space is then found out of at the write.
        if (number == DiskErrors.NotSupported)
            SetLength(sizeBytes);
        else if (number != 0)
            throw DiskErrors.From($"reserve {sizeBytes} bytes for", path, number);
    }

    private static long SizeOf(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var total = 0L;
        foreach (var piece in pieces)
            total += piece.Length;
        return total;
    }
}
