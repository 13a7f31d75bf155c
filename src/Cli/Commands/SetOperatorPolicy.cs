namespace Warren.Cli.Commands;

/// <summary>Creates or changes an operator policy.</summary>
internal sealed class SetOperatorPolicy() : SetPolicyCommand(
    "set_operator_policy", "Sets an operator policy that overrides a subset of arguments in user policies",
    "operator policy override");
