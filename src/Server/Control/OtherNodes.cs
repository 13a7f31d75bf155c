using System.Text.Json;
using Warren.Cluster;
using Warren.Server.Cluster;

namespace Warren.Server.Control;

/// <summary>
/// What this node does not know itself it asks the other members that run: each gets the same request, marked so that
/// it answers for itself alone. One that cannot answer is left out, and told of.
/// </summary>
internal sealed class OtherNodes(NodeHost host, ClusterCommands cluster)
{
    private const string OwnOnly = "own_only";

    /// <summary>How long another member may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The caller wants the answer of this node alone.</summary>
    public static bool IsForOneNode(ControlRequest request) => request.Flag(OwnOnly);

    /// <summary>The other members that run; none if the caller wants this node alone.</summary>
    public IReadOnlyList<string> Asked(ControlRequest request) => request.Flag(OwnOnly)
        ? []
        : [.. cluster.RunningMembers.Where(member => member != host.Options.Places.NodeName)];

    /// <summary>Writes the rows of all of them behind this node's own.</summary>
    /// <returns>What the caller is told at the end: who has not answered, and why.</returns>
    public async Task<Action<Utf8JsonWriter>?> RowsAsync(ControlRequest request, ControlReply reply)
    {
        var silent = new List<(string Node, string Reason)>();
        // One after another: a slow reader of a long list costs the memory of one answer.
        foreach (string member in Asked(request))
        {
            var rows = new List<JsonElement>();
            (_, string? reason) = await AskAsync(member, request, rows.Add, reply.Cancellation).ConfigureAwait(false);
            if (reason is not null)
                silent.Add((member, reason));
            foreach (JsonElement row in rows)
            {
                await reply.RowAsync(json =>
                {
                    foreach (JsonElement cell in row.EnumerateArray())
                        cell.WriteTo(json);
                }).ConfigureAwait(false);
            }
        }
        return silent.Count == 0 ? null : json => WriteSilent(json, silent);
    }

    /// <summary>Asks one member.</summary>
    /// <param name="member">Its name.</param>
    /// <param name="request">As the caller gave it.</param>
    /// <param name="onRow">Takes the rows of the answer.</param>
    /// <param name="cancellation">The caller's time is over.</param>
    /// <returns>The answer's last frame, or why there is none.</returns>
    public async Task<(JsonElement? Answer, string? Reason)> AskAsync(
        string member, ControlRequest request, Action<JsonElement> onRow, CancellationToken cancellation)
    {
        if (host.Cluster is not { } links || !NodeName.TryParse(member, out NodeName name))
            return (null, $"{member} cannot be reached");
        using var late = new CancellationTokenSource(Patience, host.Seams.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        JsonElement? answer = null;
        try
        {
            string? refusal = await CommandCall.HoldAsync(links, name, async stream =>
                answer = await ConverseAsync(stream, request, onRow, either.Token).ConfigureAwait(false))
                .WaitAsync(either.Token).ConfigureAwait(false);
            return (answer, refusal);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or JsonException)
        {
            return (null, error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"it has not answered for {Patience.TotalSeconds:0} s");
        }
    }

    private static async Task<JsonElement> ConverseAsync(
        Stream stream, ControlRequest request, Action<JsonElement> onRow, CancellationToken cancellation)
    {
        await stream.WriteAsync(ControlFrame.Greeting.ToArray(), cancellation).ConfigureAwait(false);
        await ReadAsync(stream, ControlFrame.Hello, cancellation).ConfigureAwait(false);
        await ControlFrame.WriteAsync(stream, ControlFrame.Request, Forward(request), cancellation)
            .ConfigureAwait(false);
        while (true)
        {
            (byte kind, JsonElement body) = await ReadAsync(stream, ControlFrame.Done, cancellation)
                .ConfigureAwait(false);
            if (kind == ControlFrame.Done)
                return body;
            foreach (JsonElement row in body.EnumerateArray())
                onRow(row);
        }
    }

    // Rows may come before what is wanted, a refusal instead of it.
    private static async Task<(byte Kind, JsonElement Body)> ReadAsync(
        Stream stream, byte wanted, CancellationToken cancellation)
    {
        (byte kind, byte[] body) = await ControlFrame.ReadAsync(stream, cancellation).ConfigureAwait(false)
            ?? throw new EndOfStreamException("the node has ended the conversation");
        using JsonDocument document = JsonDocument.Parse(body);
        if (kind == ControlFrame.Error)
            throw new InvalidDataException(document.RootElement.GetProperty("text").GetString());
        if (kind != wanted && !(kind == ControlFrame.Rows && wanted == ControlFrame.Done))
            throw new InvalidDataException($"a frame of kind {kind} out of turn");
        return (kind, document.RootElement.Clone());
    }

    private static ReadOnlyMemory<byte> Forward(ControlRequest request)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("command", request.Command);
            json.WriteNumber("timeout_ms", (int)Patience.TotalMilliseconds);
            json.WriteStartObject("arguments");
            foreach (JsonProperty argument in request.Arguments.EnumerateObject())
                argument.WriteTo(json);
            json.WriteBoolean(OwnOnly, true);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    /// <summary>Who has not answered, and why.</summary>
    public static void WriteSilent(Utf8JsonWriter json, List<(string Node, string Reason)> silent)
    {
        json.WriteStartArray("silent");
        foreach ((string node, string reason) in silent)
        {
            json.WriteStartObject();
            json.WriteString("node", node);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
