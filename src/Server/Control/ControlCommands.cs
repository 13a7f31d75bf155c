using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Topology;
using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Server.Control;

/// <summary>All that the node can be asked by commands: a line each.</summary>
internal sealed class ControlCommands
{
    /// <summary>Answers a request: rows by the reply, and what is written into the last frame; null: nothing.</summary>
    private delegate Task<Action<Utf8JsonWriter>?> Handler(ControlRequest request, ControlReply reply);

    /// <summary>Longer than nodes that start together need to find their leader.</summary>
    private static readonly TimeSpan ServingPatience = TimeSpan.FromSeconds(30);

    /// <summary>Until it is looked at again whether a start waits for whoever has asked for it.</summary>
    private static readonly TimeSpan OperatorInterval = TimeSpan.FromMilliseconds(50);

    private readonly NodeHost _host;
    private readonly ClusterCommands _cluster;
    private readonly Dictionary<string, Handler> _handlers;

    public ControlCommands(NodeHost host)
    {
        _host = host;
        _cluster = new ClusterCommands(host);
        _handlers = new[]
        {
            AboutTheNode(), Diagnoses(), AboutItsLife(), AboutTheCluster(), Lists(), Administration(),
            Connections(), Queues(), Members(),
        }.SelectMany(some => some).ToDictionary();
    }

    private Node Running => _host.RequireNode();

    /// <exception cref="ControlRefusalException">It is not known, or cannot be done.</exception>
    public Task<Action<Utf8JsonWriter>?> RunAsync(ControlRequest request, ControlReply reply) =>
        _handlers.TryGetValue(request.Command, out Handler? handler)
            ? handler(request, reply)
            : throw ControlRefusalException.NotBuilt($"the command {request.Command}");

    /// <summary>What must not begin before the caller has his answer.</summary>
    public void AfterAnswer(string command)
    {
        if (command == "stop")
            _host.RequestStop();
    }

    /// <summary>What every caller is told first.</summary>
    public void WriteHello(Utf8JsonWriter json)
    {
        json.WriteString("node", _host.Options.Places.NodeName);
        json.WriteString("product_version", _host.Options.Broker.ProductVersion);
        json.WriteString("warren_version", NodeReport.WarrenVersion);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteBoolean("app_running", _host.Node is not null);
        json.WriteBoolean("app_starting", _host.IsStarting);
        json.WriteBoolean("serving", _host.Node is { Serving.IsCompletedSuccessfully: true });
        if (_cluster.Waiting is { } waiting)
            json.WriteString("waiting", waiting);
    }

    private Dictionary<string, Handler> AboutTheNode()
    {
        return new()
        {
            ["hello"] = (_, _) => Now(WriteHello),
            ["ping"] = (_, _) => Now(null),
            ["status"] = (_, _) => Now(json => NodeReport.Write(json, _host)),
            ["alarms"] = (_, _) => Now(WriteAlarms),
            ["listeners"] = (_, _) => Now(WriteListeners),
            ["cluster_status"] = (_, _) => ClusterReport.MakeAsync(_host, _cluster),
            ["environment"] = (_, _) => Now(json => EnvironmentReport.Write(json, _host)),
            ["node_health_check"] = CheckHealthAsync,
            ["check_port_connectivity"] = CheckPortsAsync,
            ["plugins"] = (_, _) => Now(json => Plugins.Write(json, _host)),
            ["set_plugins"] = (request, _) => Done(() => Plugins.Set(_host, request.Texts("plugins"))),
        };
    }

    private Dictionary<string, Handler> Diagnoses()
    {
        var diagnostics = new Diagnostics(_host);
        return new()
        {
            ["hash_password"] = diagnostics.HashPassword,
            ["process"] = Diagnostics.Process,
            ["list_network_interfaces"] = Diagnostics.NetworkInterfaces,
            ["cookie_hash"] = diagnostics.CookieHash,
            ["resolve_hostname"] = Diagnostics.ResolveAsync,
            ["tls_versions"] = Diagnostics.TlsVersions,
            ["discover_peers"] = diagnostics.DiscoverAsync,
            ["certificates"] = diagnostics.Certificates,
            ["check_if_node_is_quorum_critical"] = diagnostics.CriticalQueuesAsync,
            ["check_if_node_is_mirror_sync_critical"] = diagnostics.CriticalQueuesAsync,
            ["log_tail"] = diagnostics.TailAsync,
        };
    }

    private Dictionary<string, Handler> AboutItsLife()
    {
        var limits = new LimitCommands(_host);
        var maintenance = new MaintenanceCommands(_host);
        return new()
        {
            ["stop"] = (_, _) => Now(null),
            ["stop_app"] = (_, reply) => Done(_host.StopAppAsync(reply.Cancellation)),
            ["start_app"] = StartAppAsync,
            ["await_startup"] = AwaitStartupAsync,
            ["rotate_logs"] = (_, _) => Done(_host.Log.Reopen),
            ["force_gc"] = (_, _) => Done(() => Running.Broker.Alarms.CollectNow()),
            ["set_log_level"] = (request, _) => Done(() => limits.SetLogLevel(request)),
            ["set_vm_memory_high_watermark"] = (request, _) => Done(() => limits.SetMemory(request)),
            ["set_disk_free_limit"] = (request, _) => Done(() => limits.SetDisk(request)),
            ["drain"] = maintenance.DrainAsync,
            ["revive"] = maintenance.ReviveAsync,
            ["suspend_listeners"] = (_, _) => Done(() => Running.SuspendListeners()),
            ["resume_listeners"] = (_, _) => Resume(() => Running.ResumeListeners()),
        };
    }

    private Dictionary<string, Handler> AboutTheCluster()
    {
        return new()
        {
            ["join_cluster"] = (request, reply) => Stopped(
                () => _cluster.JoinAsync(request.Text("node"), request.Flag("force"), reply.Cancellation)),
            ["reset"] = (_, reply) => Stopped(() => _cluster.ResetAsync(reply.Cancellation)),
            ["force_reset"] = (_, reply) => Stopped(() => _cluster.ForceResetAsync(reply.Cancellation)),
            ["force_boot"] = ForceBootAsync,
            ["incidents"] = new IncidentCommand(_host, _cluster, new OtherNodes(_host, _cluster)).RunAsync,
            ["forget_cluster_node"] = (request, _) => Done(_cluster.ForgetAsync(request.Text("node"))),
            ["change_cluster_node_type"] = (request,
                _) => Stopped(() => _cluster.ChangeTypeAsync(request.Text("type"))),
            // Who belongs to the cluster is replicated: there is nothing to be seeded.
            ["update_cluster_nodes"] = (_, _) => Stopped(() => Task.CompletedTask),
            ["await_online_nodes"] = AwaitOnlineNodesAsync,
            // Virtual hosts are replicated: a node that serves has them all.
            ["reconcile_vhosts"] = (_, _) => Done(() => _host.RequireServing()),
            ["restart_vhost"] = (request, _) => Done(() => Find(request.Vhost)),
        };
    }

    private Dictionary<string, Handler> Lists()
    {
        var lists = new ListCommands(_host, _cluster);
        return new()
        {
            ["list_queues"] = lists.QueuesAsync,
            ["list_unresponsive_queues"] = lists.UnresponsiveQueuesAsync,
            ["list_exchanges"] = lists.ExchangesAsync,
            ["list_bindings"] = lists.BindingsAsync,
            ["list_vhosts"] = lists.VhostsAsync,
            ["list_users"] = lists.UsersAsync,
            ["list_permissions"] = lists.PermissionsAsync,
            ["list_user_permissions"] = lists.UserPermissionsAsync,
            ["list_topic_permissions"] = lists.TopicPermissionsAsync,
            ["list_user_topic_permissions"] = lists.UserTopicPermissionsAsync,
            ["list_vhost_limits"] = lists.VhostLimitsAsync,
            ["list_user_limits"] = lists.UserLimitsAsync,
            ["list_feature_flags"] = FeatureFlags.ListAsync,
            ["enable_feature_flag"] = (request, _) => Done(() => FeatureFlags.Enable(_host, request.Text("name"))),
        };
    }

    private Dictionary<string, Handler> Administration()
    {
        var administration = new AdministrationCommands(_host);
        var policies = new PolicyCommands(_host);
        return new()
        {
            ["add_user"] = administration.AddUserAsync,
            ["authenticate_user"] = administration.AuthenticateUserAsync,
            ["change_password"] = administration.ChangePasswordAsync,
            ["clear_password"] = administration.ClearPasswordAsync,
            ["delete_user"] = administration.DeleteUserAsync,
            ["set_user_tags"] = administration.SetUserTagsAsync,
            ["set_user_limits"] = administration.SetUserLimitsAsync,
            ["clear_user_limits"] = administration.ClearUserLimitsAsync,
            ["set_permissions"] = administration.SetPermissionsAsync,
            ["clear_permissions"] = administration.ClearPermissionsAsync,
            ["set_topic_permissions"] = administration.SetTopicPermissionsAsync,
            ["clear_topic_permissions"] = administration.ClearTopicPermissionsAsync,
            ["add_vhost"] = administration.AddVhostAsync,
            ["delete_vhost"] = administration.DeleteVhostAsync,
            ["set_vhost_tags"] = administration.SetVhostTagsAsync,
            ["update_vhost_metadata"] = administration.UpdateVhostAsync,
            ["set_vhost_limits"] = administration.SetVhostLimitsAsync,
            ["clear_vhost_limits"] = administration.ClearVhostLimitsAsync,
            ["list_policies"] = policies.ListAsync,
            ["list_operator_policies"] = policies.ListOperatorsAsync,
            ["set_policy"] = policies.SetAsync,
            ["set_operator_policy"] = policies.SetOperatorsAsync,
            ["clear_policy"] = policies.ClearAsync,
            ["clear_operator_policy"] = policies.ClearOperatorsAsync,
            ["list_parameters"] = policies.ListParametersAsync,
            ["list_global_parameters"] = policies.ListGlobalParametersAsync,
            ["set_parameter"] = policies.SetParameterAsync,
            ["clear_parameter"] = policies.ClearParameterAsync,
            ["set_global_parameter"] = policies.SetGlobalParameterAsync,
            ["clear_global_parameter"] = policies.ClearGlobalParameterAsync,
            ["set_cluster_name"] = policies.SetClusterNameAsync,
            ["export_definitions"] = administration.ExportAsync,
            ["import_definitions"] = administration.ImportAsync,
        };
    }

    private Dictionary<string, Handler> Connections()
    {
        var connections = new ConnectionCommands(_host, new OtherNodes(_host, _cluster));
        return new()
        {
            ["list_connections"] = connections.ListAsync,
            ["list_channels"] = connections.ListChannelsAsync,
            ["list_consumers"] = connections.ListConsumersAsync,
            ["close_connection"] = connections.CloseAsync,
            ["close_all_connections"] = connections.CloseAllAsync,
            ["close_all_user_connections"] = connections.CloseAllAsync,
        };
    }

    private Dictionary<string, Handler> Queues()
    {
        var queues = new QueueCommands(_host);
        return new()
        {
            ["purge_queue"] = queues.PurgeAsync,
            ["delete_queue"] = queues.DeleteAsync,
            ["declare_queue"] = queues.DeclareAsync,
            ["publish"] = queues.PublishAsync,
            ["get_messages"] = queues.GetAsync,
            ["sync_queue"] = queues.SyncAsync,
            ["cancel_sync_queue"] = queues.CancelSyncAsync,
        };
    }

    private Dictionary<string, Handler> Members()
    {
        var others = new OtherNodes(_host, _cluster);
        var members = new MemberCommands(_host, _cluster);
        var leaders = new LeaderCommands(_host, others);
        return new()
        {
            ["quorum_status"] = new MemberStatusCommand(_host, others).RunAsync,
            ["add_member"] = members.AddAsync,
            ["delete_member"] = members.DeleteAsync,
            ["grow"] = members.GrowAsync,
            ["shrink"] = members.ShrinkAsync,
            ["check_if_new_quorum_queue_replicas_have_finished_initial_sync"] = members.UnsyncedAsync,
            ["peek"] = new PeekCommand(_host).RunAsync,
            ["rebalance"] = leaders.RebalanceAsync,
            ["hand_over_queues"] = leaders.HandOverAsync,
            ["transfer_leadership"] = leaders.TransferAsync,
            ["reclaim_quorum_memory"] = members.ReclaimAsync,
        };
    }

    private static Task<Action<Utf8JsonWriter>?> Now(Action<Utf8JsonWriter>? write) => Task.FromResult(write);

    private static Task<Action<Utf8JsonWriter>?> Done(Action act)
    {
        act();
        return Now(null);
    }

    private static async Task<Action<Utf8JsonWriter>?> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return null;
    }

    // A port may be somebody else's by now.
    private static Task<Action<Utf8JsonWriter>?> Resume(Action act)
    {
        try
        {
            return Done(act);
        }
        catch (Configuration.ConfigurationException error)
        {
            throw ControlRefusalException.Because(error.Message);
        }
    }

    private async Task<Action<Utf8JsonWriter>?> Stopped(Func<Task> act)
    {
        if (_host.Node is not null)
            throw new ControlRefusalException(ControlRefusalException.AppRunningKind, "the broker runs");
        try
        {
            return await Done(act()).ConfigureAwait(false);
        }
        catch (Exception error) when (error is Configuration.ConfigurationException or IdentityException
            or DiskException or IOException or UnauthorizedAccessException)
        {
            throw ControlRefusalException.Because(error.Message);
        }
    }

    private async Task<Action<Utf8JsonWriter>?> ForceBootAsync(ControlRequest request, ControlReply reply)
    {
        if (_host.Node is not null)
            throw new ControlRefusalException(ControlRefusalException.AppRunningKind, "the broker runs");
        IReadOnlyList<string> report = await _cluster
            .ForceBootAsync(request.Texts("dead"), request.Flag("accept_loss"), reply.Cancellation)
            .ConfigureAwait(false);
        return json =>
        {
            json.WriteStartArray("report");
            foreach (string line in report)
                json.WriteStringValue(line);
            json.WriteEndArray();
        };
    }

    private Vhost Find(string name) => Running.Broker.FindVhost(name);

    private async Task<Action<Utf8JsonWriter>?> StartAppAsync(ControlRequest request, ControlReply reply)
    {
        try
        {
            // The start would wait for an operator, who is asking.
            if (_host.Node is null && _host.Cluster?.ReadOverruled() is { } overruled)
                throw ControlRefusalException.Because(overruled);
            // Who has no patience any more leaves the start behind, which goes on.
            Task start = _host.StartAppAsync(reply.Cancellation);
            try
            {
                await WaitForStartAsync(start).WaitAsync(reply.Cancellation).ConfigureAwait(false);
            }
            finally
            {
                if (!start.IsCompleted)
                    _ = TellLateAsync(start);
            }
            await _host.RequireNode().Serving.WaitAsync(ServingPatience, _host.Seams.Time).ConfigureAwait(false);
            return null;
        }
        catch (Configuration.ConfigurationException error)
        {
            throw ControlRefusalException.Because(error.Message);
        }
        catch (TimeoutException)
        {
            throw ControlRefusalException.Because(
                $"{_host.Options.Places.NodeName} has started and is {_host.Cluster?.Waiting ?? "waiting for others"}; "
                + "it serves clients as soon as it has them");
        }
        catch (OperationCanceledException) when (!reply.Cancellation.IsCancellationRequested)
        {
            throw ControlRefusalException.Because($"{_host.Options.Places.NodeName} was stopped while it started");
        }
    }

    private async Task WaitForStartAsync(Task start)
    {
        while (await Task.WhenAny(start, Task.Delay(OperatorInterval, _host.Seams.Time)).ConfigureAwait(false) != start)
        {
            // Whoever asks is to do something first.
            if (_host.Cluster?.AwaitsOperator is { } waiting)
                throw ControlRefusalException.Because(waiting);
        }
        await start.ConfigureAwait(false);
    }

    private async Task TellLateAsync(Task start)
    {
        try
        {
            await start.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A command has stopped it.
        }
        catch (Exception error)
        {
            _host.Log.Write(LogLevel.Error, LogCategory.Default, $"the node does not start: {error.Message}");
        }
    }

    private async Task<Action<Utf8JsonWriter>?> AwaitStartupAsync(ControlRequest request, ControlReply reply)
    {
        await UntilAsync(() => _host.Node is { Serving.IsCompletedSuccessfully: true }, reply.Cancellation)
            .ConfigureAwait(false);
        return null;
    }

    private async Task<Action<Utf8JsonWriter>?> AwaitOnlineNodesAsync(ControlRequest request, ControlReply reply)
    {
        int count = request.Number("count");
        await UntilAsync(() => _cluster.HasRunning(count), reply.Cancellation).ConfigureAwait(false);
        return null;
    }

    private async Task UntilAsync(Func<bool> holds, CancellationToken cancellation)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(50), _host.Seams.Time, cancellation).ConfigureAwait(false);
    }

    private void WriteAlarms(Utf8JsonWriter json)
    {
        NodeReport.WriteAlarms(json, _host);
        WriteResult(json);
    }

    private void WriteListeners(Utf8JsonWriter json)
    {
        NodeReport.WriteListeners(json, _host);
        WriteResult(json);
    }

    private void WriteResult(Utf8JsonWriter json)
    {
        json.WriteString("node", _host.Options.Places.NodeName);
        json.WriteString("result", "ok");
    }

    private async Task<Action<Utf8JsonWriter>?> CheckHealthAsync(ControlRequest request, ControlReply reply)
    {
        IReadOnlyList<string> failures = await HealthCheck.RunAsync(Running, reply.Cancellation).ConfigureAwait(false);
        return json =>
        {
            json.WriteStartArray("failures");
            foreach (string failure in failures)
                json.WriteStringValue(failure);
            json.WriteEndArray();
        };
    }

    private async Task<Action<Utf8JsonWriter>?> CheckPortsAsync(ControlRequest request, ControlReply reply)
    {
        var listeners = Running.Listeners;
        var failed = new List<string>();
        foreach (Listeners.AmqpListener listener in listeners)
        {
            if (!await HealthCheck.AcceptsAsync(listener, reply.Cancellation).ConfigureAwait(false))
                failed.Add(listener.LocalEndPoint.ToString());
        }
        return json =>
        {
            json.WriteStartArray("ports");
            foreach (Listeners.AmqpListener listener in listeners)
                json.WriteNumberValue(listener.LocalEndPoint.Port);
            json.WriteEndArray();
            json.WriteStartArray("failed");
            foreach (string one in failed)
                json.WriteStringValue(one);
            json.WriteEndArray();
        };
    }
}
