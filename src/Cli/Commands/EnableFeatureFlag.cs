using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Features are on with the version that has them; a name that is unknown is told so.</summary>
internal sealed class EnableFeatureFlag() : ChangeCommand(
    "enable_feature_flag", "<all | feature_flag>", Section.FeatureFlags,
    "Enables a feature flag or all supported feature flags on the target node")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (1, 1);

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NotFound
            ? CommandException.Because(ExitCode.Usage, refusal.Text)
            : base.Explain(call, refusal);

    public override string? Banner(Invocation call) => call.Arguments[0] == "all"
            ? "Enabling all feature flags ..."
            : $"Enabling feature flag \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
    }
}
