using System.Text;

namespace Warren.Server.Logging;

/// <summary>
/// The log file, appended to. Owned by the log's writer thread; only <see cref="RequestReopen"/> may be called from
/// elsewhere. A file that cannot be written never stops the node: the lines are counted as lost, and opening is tried
/// again with the next batch.
/// </summary>
internal sealed class LogFile(string path) : IDisposable
{
    private FileStream? _stream;
    private volatile bool _isReopenWanted;

    /// <summary>Lines that could not be written.</summary>
    public long LostLines { get; private set; }

    /// <summary>Opens the file now, so that a wrong path is found at start.</summary>
    /// <exception cref="IOException">The directory cannot be made or the file not be opened.</exception>
    public void Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Before the next batch the path is opened anew; for whoever has moved the file away.</summary>
    public void RequestReopen() => _isReopenWanted = true;

    /// <summary>Appends a batch and hands it to the kernel.</summary>
    public void Write(StringBuilder text, int lines)
    {
        try
        {
            if (_isReopenWanted)
            {
                _isReopenWanted = false;
                Dispose();
            }

            if (_stream is null)
                Open();
            foreach (var chunk in text.GetChunks())
                _stream!.Write(Encoding.UTF8.GetBytes(chunk.ToArray()));
            _stream!.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LostLines += lines;
            _stream = null;
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
