using System.Collections.Immutable;
using System.Text.Json;
using Warren.Cluster.Identity;
using Warren.Cluster.Incidents;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary>
/// <c>incidents</c>: what was lost, refused or damaged, on all members that answer; the newest last.
/// </summary>
internal sealed class IncidentCommand(NodeHost host, ClusterCommands cluster, OtherNodes others)
{
    public async Task<Action<Utf8JsonWriter>?> RunAsync(ControlRequest request, ControlReply reply)
    {
        string self = host.Options.Places.NodeName;
        List<(string Time, string Node, JsonElement Row)> rows =
            [.. host.Incidents.Read().Select(row => (row.Time, self, ElementOf(row, self)))];
        var silent = new List<(string Node, string Reason)>();
        string[] members = OtherNodes.IsForOneNode(request) ? [] : [.. Members().Where(name => name != self)];
        IReadOnlyList<string> asked = others.Asked(request);
        string why = host.Node is null ? $"the broker of {self} is stopped, and asks nobody" : "it is not reached";
        foreach (string member in members.Where(member => !asked.Contains(member)))
            silent.Add((member, why));
        foreach (string member in members.Where(asked.Contains))
        {
            (_, string? reason) = await others.AskAsync(
                member, request, row => rows.Add((row[0].GetString()!, member, row)), reply.Cancellation)
                .ConfigureAwait(false);
            if (reason is not null)
                silent.Add((member, reason));
        }
        foreach ((_, _, JsonElement row) in rows.OrderBy(static row => row.Time, StringComparer.Ordinal))
        {
            await reply.RowAsync(json =>
            {
                foreach (JsonElement cell in row.EnumerateArray())
                    cell.WriteTo(json);
            }).ConfigureAwait(false);
        }
        return silent.Count == 0 ? null : json => OtherNodes.WriteSilent(json, silent);
    }

    // Of a node whose broker is stopped the directory says who they are.
    private IReadOnlyList<string> Members()
    {
        if (host.Node is not null)
            return cluster.Members;
        try
        {
            (NodeIdentity? _, ImmutableArray<MemberRecord> members) = host.Cluster?.ReadDirectory() ?? (null, []);
            return [.. members.Select(static one => one.Name.Value)];
        }
        catch (ConfigurationException)
        {
            return [];
        }
    }

    private static JsonElement ElementOf(IncidentRow row, string node)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            row.Write(json, node);
        using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
        return document.RootElement.Clone();
    }
}
