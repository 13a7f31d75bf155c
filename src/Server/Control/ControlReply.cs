using System.Text.Json;

namespace Warren.Server.Control;

/// <summary>
/// The answer under way: rows, which go out in frames of some size as they are written, and one value at the end.
/// A slow reader slows the command down, and costs no memory.
/// </summary>
public sealed class ControlReply : IDisposable
{
    /// <summary>Rows are sent when so many bytes have gathered.</summary>
    private const int BatchBytes = 64 * 1024;

    private readonly Func<byte, ReadOnlyMemory<byte>, ValueTask> _send;
    private readonly CancellationToken _cancellation;
    private readonly MemoryStream _bytes = new();
    private readonly Utf8JsonWriter _json;
    private bool _hasRows;

    /// <param name="send">Sends a frame: its kind and its body.</param>
    /// <param name="cancellation">The caller's time is over, or the node ends.</param>
    internal ControlReply(Func<byte, ReadOnlyMemory<byte>, ValueTask> send, CancellationToken cancellation)
    {
        _send = send;
        _cancellation = cancellation;
        _json = new Utf8JsonWriter(_bytes);
    }

    /// <summary>Whoever waits for something else waits no longer than this.</summary>
    public CancellationToken Cancellation => _cancellation;

    /// <summary>Sends a row: the writer writes a value a column.</summary>
    public async ValueTask RowAsync(Action<Utf8JsonWriter> write)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (!_hasRows)
            _json.WriteStartArray();
        _hasRows = true;
        _json.WriteStartArray();
        write(_json);
        _json.WriteEndArray();
        if (_json.BytesPending + _json.BytesCommitted >= BatchBytes)
            await SendRowsAsync().ConfigureAwait(false);
    }

    /// <summary>Sends the rows that wait for more: what follows relies on their being out.</summary>
    public ValueTask FlushAsync() => SendRowsAsync();

    /// <summary>The last frame: an object.</summary>
    internal async ValueTask EndAsync(Action<Utf8JsonWriter>? write)
    {
        await SendRowsAsync().ConfigureAwait(false);
        _json.WriteStartObject();
        write?.Invoke(_json);
        _json.WriteEndObject();
        await SendAsync(ControlFrame.Done).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _json.Dispose();
        _bytes.Dispose();
    }

    private async ValueTask SendRowsAsync()
    {
        if (!_hasRows)
            return;
        _hasRows = false;
        _json.WriteEndArray();
        await SendAsync(ControlFrame.Rows).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(byte kind)
    {
        await _json.FlushAsync().ConfigureAwait(false);
        await _send(kind, _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length)).ConfigureAwait(false);
        _bytes.SetLength(0);
        _json.Reset();
    }
}
