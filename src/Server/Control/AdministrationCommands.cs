using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Administration;
using Warren.Broker.Definitions.Import;
using Warren.Server.Definitions;

namespace Warren.Server.Control;

/// <summary>Users, permissions, virtual hosts, limits, definitions. Each command is done when it is durable.</summary>
internal sealed class AdministrationCommands(NodeHost host)
{
    // Digest of the document that was imported last; any caller's.
    private byte[]? _lastImported;

    private MessageBroker Broker => host.RequireServing().Broker;

    private BrokerAdministration Administration => Broker.Administration;

    /// <summary>What the broker refused, as callers tell the kinds apart.</summary>
    public static ControlRefusalException Refusal(AdministrationException error) => new(
        error.Failure switch
        {
            AdministrationFailure.NoSuchUser => ControlRefusalException.NoSuchUserKind,
            AdministrationFailure.NoSuchVhost => ControlRefusalException.NoSuchVhostKind,
            AdministrationFailure.NotFound => ControlRefusalException.NotFoundKind,
            AdministrationFailure.AlreadyExists => ControlRefusalException.AlreadyExistsKind,
            _ => ControlRefusalException.InvalidArgumentKind,
        },
        error.Message);

    /// <summary>A JSON object out of an argument.</summary>
    public static FieldTable Table(ControlRequest request, string name) =>
        Value(request, name) is { Kind: FieldKind.Table } value
            ? value.AsTable()
            : throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind, "JSON decoding error. Reason: a JSON object was expected");

    /// <summary>Any JSON out of an argument.</summary>
    public static FieldValue Value(ControlRequest request, string name) =>
        JsonFields.TryParse(request.Text(name), out FieldValue value, out _)
            ? value
            : throw new ControlRefusalException(
                ControlRefusalException.InvalidArgumentKind, "JSON decoding error. Reason: badarg");

    public Task<Action<Utf8JsonWriter>?> AddUserAsync(ControlRequest request, ControlReply reply)
    {
        UserAdministration users = Administration.Users;
        return Done(reply, request.FindText("password_hash") is { } hash
            ? users.AddAsync(request.Text("user"), users.ReadHash(hash))
            : users.AddAsync(request.Text("user"), request.Text("password")));
    }

    public Task<Action<Utf8JsonWriter>?> AuthenticateUserAsync(ControlRequest request, ControlReply reply) =>
        Administration.Users.Authenticate(request.Text("user"), request.Text("password")) is { } reason
            ? throw ControlRefusalException.Because(reason)
            : Task.FromResult<Action<Utf8JsonWriter>?>(null);

    public Task<Action<Utf8JsonWriter>?> ChangePasswordAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.ChangePasswordAsync(request.Text("user"), request.Text("password")));

    public Task<Action<Utf8JsonWriter>?> ClearPasswordAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.ClearPasswordAsync(request.Text("user")));

    public Task<Action<Utf8JsonWriter>?> DeleteUserAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.DeleteAsync(request.Text("user")));

    public Task<Action<Utf8JsonWriter>?> SetUserTagsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.SetTagsAsync(request.Text("user"), [.. request.Texts("tags")]));

    public Task<Action<Utf8JsonWriter>?> SetUserLimitsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.SetLimitsAsync(request.Text("user"), Table(request, "definition")));

    public Task<Action<Utf8JsonWriter>?> ClearUserLimitsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Users.ClearLimitsAsync(request.Text("user"), request.Text("limit")));

    public Task<Action<Utf8JsonWriter>?> SetPermissionsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Permissions.SetAsync(
            request.Text("user"), request.Vhost, request.Text("configure"), request.Text("write"),
            request.Text("read")));

    public Task<Action<Utf8JsonWriter>?> ClearPermissionsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Permissions.ClearAsync(request.Text("user"), request.Vhost));

    public Task<Action<Utf8JsonWriter>?> SetTopicPermissionsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Permissions.SetTopicAsync(
            request.Text("user"), request.Vhost, request.Text("exchange"), request.Text("write"),
            request.Text("read")));

    public Task<Action<Utf8JsonWriter>?> ClearTopicPermissionsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Permissions.ClearTopicAsync(
            request.Text("user"), request.Vhost, request.FindText("exchange")));

    public Task<Action<Utf8JsonWriter>?> AddVhostAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.AddAsync(request.Text("name"), Metadata(request)));

    public Task<Action<Utf8JsonWriter>?> UpdateVhostAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.UpdateAsync(request.Text("name"), Metadata(request)));

    public Task<Action<Utf8JsonWriter>?> DeleteVhostAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.DeleteAsync(request.Text("name")));

    public Task<Action<Utf8JsonWriter>?> SetVhostTagsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.UpdateAsync(
            request.Text("name"), new VhostMetadata { Tags = [.. request.Texts("tags")] }));

    public Task<Action<Utf8JsonWriter>?> SetVhostLimitsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.SetLimitsAsync(request.Vhost, Table(request, "definition")));

    public Task<Action<Utf8JsonWriter>?> ClearVhostLimitsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Vhosts.ClearLimitsAsync(request.Vhost));

    public Task<Action<Utf8JsonWriter>?> ExportAsync(ControlRequest request, ControlReply reply)
    {
        using var document = new MemoryStream();
        DefinitionsWriter.Write(document, Broker);
        string text = Encoding.UTF8.GetString(document.GetBuffer(), 0, (int)document.Length);
        return Task.FromResult<Action<Utf8JsonWriter>?>(json => json.WriteString("definitions", text));
    }

    public async Task<Action<Utf8JsonWriter>?> ImportAsync(ControlRequest request, ControlReply reply)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(request.Text("definitions")));
        if (request.Flag("skip_if_unchanged") && digest.AsSpan().SequenceEqual(Volatile.Read(ref _lastImported)))
            return json => json.WriteBoolean("skipped", true);
        try
        {
            using var text = new MemoryStream(Encoding.UTF8.GetBytes(request.Text("definitions")));
            DefinitionsDocument document = DefinitionsReader.Read(text, Broker.PasswordHashing);
            await Administration.ImportAsync(document).WaitAsync(reply.Cancellation).ConfigureAwait(false);
            Volatile.Write(ref _lastImported, digest);
            return null;
        }
        catch (DefinitionsException error)
        {
            throw new ControlRefusalException(ControlRefusalException.InvalidArgumentKind, error.Message);
        }
    }

    private static VhostMetadata Metadata(ControlRequest request) => new()
    {
        Description = request.FindText("description"),
        Tags = request.Has("tags") ? [.. request.Texts("tags")] : (ImmutableArray<string>?)null,
        DefaultQueueType = request.FindText("default_queue_type"),
    };

    private static async Task<Action<Utf8JsonWriter>?> Done(ControlReply reply, Task change)
    {
        await change.WaitAsync(reply.Cancellation).ConfigureAwait(false);
        return null;
    }
}
