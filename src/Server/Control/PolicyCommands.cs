using System.Text.Json;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Policies;
using Warren.Server.Definitions;

namespace Warren.Server.Control;

/// <summary>Policies, operator policies and runtime parameters.</summary>
internal sealed class PolicyCommands(NodeHost host)
{
    private BrokerAdministration Administration => host.RequireServing().Broker.Administration;

    public Task<Action<Utf8JsonWriter>?> ListAsync(ControlRequest request, ControlReply reply) =>
        ListAsync(Administration.Policies, request, reply);

    public Task<Action<Utf8JsonWriter>?> ListOperatorsAsync(ControlRequest request, ControlReply reply) =>
        ListAsync(Administration.OperatorPolicies, request, reply);

    public Task<Action<Utf8JsonWriter>?> SetAsync(ControlRequest request, ControlReply reply) =>
        SetAsync(Administration.Policies, request, reply);

    public Task<Action<Utf8JsonWriter>?> SetOperatorsAsync(ControlRequest request, ControlReply reply) =>
        SetAsync(Administration.OperatorPolicies, request, reply);

    public Task<Action<Utf8JsonWriter>?> ClearAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Policies.ClearAsync(request.Vhost, request.Text("name")));

    public Task<Action<Utf8JsonWriter>?> ClearOperatorsAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.OperatorPolicies.ClearAsync(request.Vhost, request.Text("name")));

    public async Task<Action<Utf8JsonWriter>?> ListParametersAsync(ControlRequest request, ControlReply reply)
    {
        foreach (ParameterSummary parameter in Administration.Parameters.List(request.Vhost))
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(parameter.Component);
                json.WriteStringValue(parameter.Name);
                json.WriteStringValue(JsonFields.Text(parameter.Value));
            }).ConfigureAwait(false);
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> ListGlobalParametersAsync(ControlRequest request, ControlReply reply)
    {
        foreach ((string name, FieldValue value) in Administration.Parameters.Global())
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(name);
                json.WriteStringValue(JsonFields.Text(value));
            }).ConfigureAwait(false);
        }
        return null;
    }

    public Task<Action<Utf8JsonWriter>?> SetParameterAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Parameters.SetAsync(
            request.Vhost, request.Text("component"), request.Text("name"),
            AdministrationCommands.Value(request, "value")));

    public Task<Action<Utf8JsonWriter>?> ClearParameterAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Parameters.ClearAsync(
            request.Vhost, request.Text("component"), request.Text("name")));

    public Task<Action<Utf8JsonWriter>?> SetGlobalParameterAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Parameters.SetGlobalAsync(
            request.Text("name"), AdministrationCommands.Value(request, "value")));

    public Task<Action<Utf8JsonWriter>?> ClearGlobalParameterAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Parameters.ClearGlobalAsync(request.Text("name")));

    public Task<Action<Utf8JsonWriter>?> SetClusterNameAsync(ControlRequest request, ControlReply reply) =>
        Done(reply, Administration.Parameters.SetClusterNameAsync(request.Text("name")));

    private static async Task<Action<Utf8JsonWriter>?> ListAsync(
        PolicyAdministration policies, ControlRequest request, ControlReply reply)
    {
        foreach ((string vhost, Policy policy) in policies.List(request.Vhost))
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(vhost);
                json.WriteStringValue(policy.Name);
                json.WriteStringValue(policy.Pattern.Text);
                json.WriteStringValue(PolicyTargets.NameOf(policy.Target));
                json.WriteStringValue(JsonFields.Text(FieldValue.Of(policy.Definition)));
                json.WriteNumberValue(policy.Priority);
            }).ConfigureAwait(false);
        }
        return null;
    }

    private static Task<Action<Utf8JsonWriter>?> SetAsync(
        PolicyAdministration policies, ControlRequest request, ControlReply reply) =>
        Done(reply, policies.SetAsync(
            request.Vhost, request.Text("name"), request.Text("pattern"),
            AdministrationCommands.Table(request, "definition"), request.Number("priority"),
            request.Text("apply_to")));

    private static async Task<Action<Utf8JsonWriter>?> Done(ControlReply reply, Task change)
    {
        await change.WaitAsync(reply.Cancellation).ConfigureAwait(false);
        return null;
    }
}
