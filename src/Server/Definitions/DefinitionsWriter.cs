using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Administration;
using Warren.Broker.Arguments;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Server.Definitions;

/// <summary>
/// Writes what RabbitMQ 3.13 exports, in the form in which it and <see cref="DefinitionsReader"/> read it: users with
/// hashes, vhosts, rights, parameters, policies, exchanges, queues and bindings; no exclusive queue, none of the
/// broker's own exchanges, no message. Queues, exchanges and bindings are of one moment; all is in one order, so that
/// equal definitions make equal documents.
/// </summary>
public sealed class DefinitionsWriter
{
    private readonly MessageBroker _broker;
    private readonly Utf8JsonWriter _json;
    private readonly SecuritySnapshot _security;
    private readonly TopologySnapshot _topology;
    private readonly string? _vhost;

    private DefinitionsWriter(MessageBroker broker, string? vhost, Utf8JsonWriter json)
    {
        _broker = broker;
        _vhost = vhost;
        _json = json;
        _security = broker.Security;
        _topology = broker.Topology;
    }

    /// <summary>Writes the document as UTF-8.</summary>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="broker">Whose definitions.</param>
    /// <param name="vhost">Those of one vhost alone, without naming it; null: all.</param>
    /// <exception cref="AdministrationException">There is no such vhost.</exception>
    public static void Write(Stream output, MessageBroker broker, string? vhost = null)
    {
        if (vhost is not null)
            broker.Administration.Vhosts.Get(vhost);
        using var json = new Utf8JsonWriter(output, JsonFields.Options);
        new DefinitionsWriter(broker, vhost, json).Write();
    }

    private IEnumerable<Vhost> Vhosts => _topology.Vhosts.Select(each => each.Value)
        .Where(vhost => _vhost is null || vhost.Name == _vhost)
        .OrderBy(vhost => vhost.Name, StringComparer.Ordinal);

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteString("rabbit_version", _broker.Options.ProductVersion);
        _json.WriteString("rabbitmq_version", _broker.Options.ProductVersion);
        _json.WriteString("product_name", _broker.Options.ProductName);
        _json.WriteString("product_version", _broker.Options.ProductVersion);
        if (_vhost is null)
            WriteWhole();
        Section("parameters", _broker.Administration.Parameters.List(_vhost), WriteParameter);
        if (_vhost is null)
            Section("global_parameters", _topology.GlobalParameters, WriteGlobalParameter);
        Section("policies", Vhosts.SelectMany(PoliciesOf), WritePolicy);
        Section("queues", Vhosts.SelectMany(QueuesOf), WriteQueue);
        Section("exchanges", Vhosts.SelectMany(ExchangesOf), WriteExchange);
        Section("bindings", Vhosts.SelectMany(BindingsOf), WriteBinding);
        _json.WriteEndObject();
    }

    private void WriteWhole()
    {
        Section("users", _broker.Administration.Users.List(), WriteUser);
        Section("vhosts", Vhosts, WriteVhost);
        Section("permissions", _broker.Administration.Permissions.List(), permission =>
        {
            _json.WriteString("user", permission.User);
            _json.WriteString("vhost", permission.Vhost);
            _json.WriteString("configure", permission.Configure);
            _json.WriteString("write", permission.Write);
            _json.WriteString("read", permission.Read);
        });
        Section("topic_permissions", _broker.Administration.Permissions.ListTopics(), permission =>
        {
            _json.WriteString("user", permission.User);
            _json.WriteString("vhost", permission.Vhost);
            _json.WriteString("exchange", permission.Exchange);
            _json.WriteString("write", permission.Write);
            _json.WriteString("read", permission.Read);
        });
    }

    private void Section<T>(string name, IEnumerable<T> items, Action<T> write)
    {
        _json.WriteStartArray(name);
        foreach (T item in items)
        {
            _json.WriteStartObject();
            write(item);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteUser(User user)
    {
        _json.WriteString("name", user.Name);
        _json.WriteString("password_hash", user.PasswordHash.ToBase64());
        _json.WriteString("hashing_algorithm", PasswordHash.ModuleName(user.PasswordHash.Hashing));
        WriteWords("tags", user.Tags);
        WriteTable("limits", LimitTerm.Of(user.Limits));
    }

    private void WriteVhost(Vhost vhost)
    {
        _json.WriteString("name", vhost.Name);
        _json.WriteString("description", vhost.Description);
        WriteWords("tags", vhost.Tags);
        if (vhost.DefaultQueueType is not null)
            _json.WriteString("default_queue_type", vhost.DefaultQueueType);
        _json.WriteStartObject("metadata");
        _json.WriteString("description", vhost.Description);
        WriteWords("tags", vhost.Tags);
        if (vhost.DefaultQueueType is not null)
            _json.WriteString("default_queue_type", vhost.DefaultQueueType);
        _json.WriteEndObject();
    }

    private void WriteParameter(ParameterSummary parameter)
    {
        _json.WriteString("component", parameter.Component);
        _json.WriteString("name", parameter.Name);
        _json.WritePropertyName("value");
        JsonFields.Write(_json, parameter.Value);
        WriteVhostName(parameter.Vhost);
    }

    private void WriteGlobalParameter(KeyValuePair<string, FieldValue> parameter)
    {
        _json.WriteString("name", parameter.Key);
        _json.WritePropertyName("value");
        JsonFields.Write(_json, parameter.Value);
    }

    private static IEnumerable<(string Vhost, Policy Policy)> PoliciesOf(Vhost vhost) =>
        vhost.Policies.All(isOperators: false)
            .OrderBy(policy => policy.Name, StringComparer.Ordinal)
            .Select(policy => (vhost.Name, policy));

    private void WritePolicy((string Vhost, Policy Policy) each)
    {
        WriteVhostName(each.Vhost);
        _json.WriteString("name", each.Policy.Name);
        _json.WriteString("pattern", each.Policy.Pattern.Text);
        _json.WriteString("apply-to", PolicyTargets.NameOf(each.Policy.Target));
        WriteTable("definition", each.Policy.Definition);
        _json.WriteNumber("priority", each.Policy.Priority);
    }

    private static IEnumerable<QueueDefinition> QueuesOf(Vhost vhost) => vhost.Queues.Select(each => each.Value)
        .Where(queue => queue.OwnerConnectionId == 0)
        .OrderBy(queue => queue.Name, StringComparer.Ordinal);

    private void WriteQueue(QueueDefinition queue)
    {
        _json.WriteString("name", queue.Name);
        WriteVhostName(queue.Vhost);
        _json.WriteString("type", QueueTypes.NameOf(queue.Type));
        _json.WriteBoolean("durable", queue.Durable);
        _json.WriteBoolean("auto_delete", queue.AutoDelete);
        WriteTable("arguments", queue.Arguments);
    }

    private static IEnumerable<(string Vhost, Exchange Exchange)> ExchangesOf(Vhost vhost) =>
        vhost.Exchanges.Select(each => each.Value)
            .Where(exchange => exchange.Name.Length > 0 && !ResourceName.IsReserved(exchange.Name))
            .OrderBy(exchange => exchange.Name, StringComparer.Ordinal)
            .Select(exchange => (vhost.Name, exchange));

    private void WriteExchange((string Vhost, Exchange Exchange) each)
    {
        _json.WriteString("name", each.Exchange.Name);
        WriteVhostName(each.Vhost);
        _json.WriteString("type", each.Exchange.Type);
        _json.WriteBoolean("durable", each.Exchange.Durable);
        _json.WriteBoolean("auto_delete", each.Exchange.AutoDelete);
        _json.WriteBoolean("internal", each.Exchange.Internal);
        WriteTable("arguments", each.Exchange.Arguments);
    }

    // Not those of exclusive queues, which are not exported: nobody could make them.
    private static IEnumerable<(string Vhost, Binding Binding)> BindingsOf(Vhost vhost) => vhost.AllBindings()
        .Where(binding => binding.Source.Length > 0)
        .Where(binding => binding.DestinationKind == DestinationKind.Exchange
            || (vhost.Queues.TryGetValue(binding.Destination, out QueueDefinition? queue)
                && queue.OwnerConnectionId == 0))
        .OrderBy(binding => binding.Source, StringComparer.Ordinal)
        .ThenBy(binding => binding.DestinationKind)
        .ThenBy(binding => binding.Destination, StringComparer.Ordinal)
        .ThenBy(binding => binding.RoutingKey, StringComparer.Ordinal)
        .ThenBy(binding => binding.Arguments.ToString(), StringComparer.Ordinal)
        .Select(binding => (vhost.Name, binding));

    private void WriteBinding((string Vhost, Binding Binding) each)
    {
        _json.WriteString("source", each.Binding.Source);
        WriteVhostName(each.Vhost);
        _json.WriteString("destination", each.Binding.Destination);
        bool toQueue = each.Binding.DestinationKind == DestinationKind.Queue;
        _json.WriteString("destination_type", toQueue ? "queue" : "exchange");
        _json.WriteString("routing_key", each.Binding.RoutingKey);
        WriteTable("arguments", each.Binding.Arguments);
    }

    private void WriteVhostName(string vhost)
    {
        if (_vhost is null)
            _json.WriteString("vhost", vhost);
    }

    private void WriteTable(string name, FieldTable table)
    {
        _json.WritePropertyName(name);
        var sorted = new FieldTable();
        foreach ((string key, FieldValue value) in table.OrderBy(field => field.Key, StringComparer.Ordinal))
            sorted.Set(key, value);
        JsonFields.Write(_json, sorted);
    }

    private void WriteWords(string name, IEnumerable<string> words)
    {
        _json.WriteStartArray(name);
        foreach (string word in words)
            _json.WriteStringValue(word);
        _json.WriteEndArray();
    }
}
