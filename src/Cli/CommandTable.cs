using Warren.Cli.Commands;
using Warren.Cli.Help;
using DeclareQueue = Warren.Cli.Commands.Messages.DeclareQueue;
using Get = Warren.Cli.Commands.Messages.Get;
using Publish = Warren.Cli.Commands.Messages.Publish;

namespace Warren.Cli;

/// <summary>All commands, by what they are about, and the tools they belong to.</summary>
internal static class CommandTable
{
    private const Tool Ctl = Tool.Ctl;
    private const Tool Both = Tool.Ctl | Tool.Diagnostics;
    private const Tool Every =
        Tool.Ctl | Tool.Plugins | Tool.Queues | Tool.Diagnostics | Tool.Upgrade | Tool.Warren;

    private static readonly (Tool Tools, Command Command)[] All =
    [
        (Every, new HelpCommand()),
        (Every, new Autocomplete()),
        (Ctl | Tool.Plugins | Tool.Diagnostics | Tool.Warren, new VersionCommand()),

        // The process and its broker.
        (Ctl, new AwaitStartup()),
        (Ctl, new Reset()),
        (Ctl, new RotateLogs()),
        (Ctl, new Shutdown()),
        (Ctl, new StartApp()),
        (Ctl, new Stop()),
        (Ctl, new StopApp()),
        (Both, new Wait()),

        // The cluster.
        (Ctl, new AwaitOnlineNodes()),
        (Ctl, new ChangeClusterNodeType()),
        (Both, new ClusterStatus()),
        (Ctl, new ForceBoot()),
        (Ctl, new ForceReset()),
        (Ctl, new ForgetClusterNode()),
        (Ctl, new JoinCluster()),
        (Ctl, new RenameClusterNode()),
        (Ctl, new UpdateClusterNodes()),
        (Ctl, new CancelSyncQueue()),
        (Ctl, new SyncQueue()),

        // Users and what they may.
        (Ctl, new AddUser()),
        (Ctl, new AuthenticateUser()),
        (Ctl, new ChangePassword()),
        (Ctl, new ClearPassword()),
        (Ctl, new ClearUserLimits()),
        (Ctl, new DeleteUser()),
        (Ctl, new HashPassword()),
        (Both, new ListUserLimits()),
        (Both, new ListUsers()),
        (Ctl, new SetUserLimits()),
        (Ctl, new SetUserTags()),
        (Ctl, new ClearPermissions()),
        (Ctl, new ClearTopicPermissions()),
        (Both, new ListPermissions()),
        (Both, new ListTopicPermissions()),
        (Both, new ListUserPermissions()),
        (Both, new ListUserTopicPermissions()),
        (Both, new ListVhosts()),
        (Ctl, new SetPermissions()),
        (Ctl, new SetPermissionsGlobally()),
        (Ctl, new SetTopicPermissions()),

        // What there is, and how it is.
        (Both, new ListBindings()),
        (Both, new ListChannels()),
        (Both, new ListConnections()),
        (Both, new ListConsumers()),
        (Both, new ListExchanges()),
        (Both, new ListQueues()),
        (Both, new ListUnresponsiveQueues()),
        (Both, new Ping()),
        (Both, new Report()),
        (Both, new Status()),
        (Both, new NodeHealthCheck()),
        (Tool.Diagnostics, new Alarms()),
        (Tool.Diagnostics, new Certificates()),
        (Tool.Diagnostics, new CheckCertificateExpiration()),
        (Tool.Diagnostics, new CommandLineArguments()),
        (Tool.Diagnostics, new DiscoverPeers()),
        (Tool.Diagnostics, new CookieHash()),
        (Tool.Diagnostics, new CookieSources()),
        (Tool.Diagnostics, new RuntimeVersion()),
        (Tool.Diagnostics, new NetworkInterfaces()),
        (Tool.Diagnostics, new LogTailStream()),
        (Tool.Diagnostics, new OsEnvironment()),
        (Tool.Diagnostics, new ResolveHostname()),
        (Tool.Diagnostics, new TlsVersions()),
        (Tool.Diagnostics, new CheckAlarms()),
        (Tool.Diagnostics | Tool.Queues, CriticalityCheck.OfMirrors()),
        (Tool.Diagnostics | Tool.Queues, CriticalityCheck.OfQuorum()),
        (Tool.Diagnostics, new CheckLocalAlarms()),
        (Tool.Diagnostics, new CheckPortConnectivity()),
        (Tool.Diagnostics, new CheckPortListener()),
        (Tool.Diagnostics, new CheckProtocolListener()),
        (Tool.Diagnostics, new CheckRunning()),
        (Tool.Diagnostics, new CheckVirtualHosts()),
        (Tool.Diagnostics, new IsBooting()),
        (Tool.Diagnostics, new IsRunning()),
        (Tool.Diagnostics, new Listeners()),
        (Tool.Diagnostics, new LogLocation()),
        (Tool.Diagnostics, new LogTail()),
        (Tool.Diagnostics, new MemoryBreakdown()),
        (Tool.Diagnostics, new ServerVersion()),

        // Parameters, policies, virtual hosts.
        (Ctl, new ClearGlobalParameter()),
        (Ctl, new ClearParameter()),
        (Both, new ListGlobalParameters()),
        (Both, new ListParameters()),
        (Ctl, new SetGlobalParameter()),
        (Ctl, new SetParameter()),
        (Ctl, new ClearOperatorPolicy()),
        (Ctl, new ClearPolicy()),
        (Both, new ListOperatorPolicies()),
        (Both, new ListPolicies()),
        (Ctl, new SetOperatorPolicy()),
        (Ctl, new SetPolicy()),
        (Ctl, new AddVhost()),
        (Ctl, new ClearVhostLimits()),
        (Ctl, new DeleteVhost()),
        (Both, new ListVhostLimits()),
        (Ctl, new ReconcileVhosts()),
        (Ctl, new RestartVhost()),
        (Ctl, new SetVhostLimits()),
        (Ctl, new SetVhostTags()),
        (Ctl, new UpdateVhostMetadata()),

        // The node's configuration and definitions.
        (Both, new EnvironmentCommand()),
        (Ctl, new SetClusterName()),
        (Ctl, new SetDiskFreeLimit()),
        (Ctl, new SetLogLevel()),
        (Ctl, new SetMemoryWatermark()),
        (Ctl, new ExportDefinitions()),
        (Ctl, new ImportDefinitions()),
        (Ctl, new EnableFeatureFlag()),
        (Both, new ListFeatureFlags()),

        // Interventions.
        (Ctl, new CloseAllConnections()),
        (Ctl, new CloseAllUserConnections()),
        (Ctl, new CloseConnection()),
        (Ctl, new Eval()),
        (Ctl, new ForceGc()),
        (Ctl, new ResumeListeners()),
        (Ctl, new SuspendListeners()),
        (Ctl, new Commands.DeleteQueue()),
        (Ctl, new PurgeQueue()),

        // Members of queues.
        (Tool.Queues, new AddMember()),
        (Tool.Queues | Tool.Diagnostics, new CheckInitialSync()),
        (Tool.Queues, new DeleteMember()),
        (Tool.Queues, new Grow()),
        (Tool.Queues | Tool.Diagnostics, new QuorumStatus()),
        (Tool.Queues, new Peek()),
        (Tool.Queues, new Rebalance()),
        (Tool.Queues | Tool.Diagnostics, new ReclaimQuorumMemory()),
        (Tool.Queues, new Shrink()),
        (Tool.Queues, new TransferLeadership()),

        (Tool.Upgrade, AwaitSafeStop.OfMirrors()),
        (Tool.Upgrade, AwaitSafeStop.OfQuorum()),
        (Tool.Upgrade, new Drain()),
        (Tool.Upgrade, new PostUpgrade()),
        (Tool.Upgrade, new Revive()),

        // Plugins.
        (Tool.Plugins, new PluginDirectories()),
        (Tool.Plugins, new IsPluginEnabled()),
        (Tool.Plugins, new DisablePlugins()),
        (Tool.Plugins, new EnablePlugins()),
        (Tool.Plugins, new ListPlugins()),
        (Tool.Plugins, new SetPlugins()),

        // What RabbitMQ has nothing of, or its operators write Erlang for.
        (Tool.Warren, new Incidents()),
        (Tool.Warren, new DeclareQueue()),
        (Tool.Warren, new Publish()),
        (Tool.Warren, new Get()),
    ];

    /// <summary>The commands that a tool lists.</summary>
    public static IReadOnlyList<Command> ListedOf(Tool tool) => [.. Of(tool).Where(command => !command.IsRefused)];

    /// <summary>The commands of a tool, those that only say why they are not there as well.</summary>
    public static IReadOnlyList<Command> Of(Tool tool) =>
        [.. All.Concat(RefusedCommands.All).Where(entry => entry.Tools.HasFlag(tool)).Select(entry => entry.Command)];
}
