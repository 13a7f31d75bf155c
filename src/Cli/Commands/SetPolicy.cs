namespace Warren.Cli.Commands;

/// <summary>Creates or changes a policy.</summary>
internal sealed class SetPolicy() : SetPolicyCommand("set_policy", "Sets or updates a policy", "policy");
