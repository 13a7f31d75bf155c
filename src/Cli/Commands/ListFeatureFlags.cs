using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The features that RabbitMQ knows flags for, and whether the node has them.</summary>
internal sealed class ListFeatureFlags() : ListCommand(
    "list_feature_flags", "[<column> ...]", Section.FeatureFlags, "Lists feature flags")
{
    public override string? Banner(Invocation call) => "Listing feature flags ...";

    protected override string[] Default => ["name", "state"];

    protected override string[] Known => ["name", "state", "stability", "provided_by", "desc", "doc_url"];
}
