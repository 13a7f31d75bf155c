using Warren.Broker.Policies;

namespace Warren.Broker.Definitions.Import;

/// <summary>A policy of a definitions document, or an operator policy, which is a parameter there.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Policy">Checked.</param>
/// <param name="IsOperators">Which of the two.</param>
public sealed record ImportedPolicy(string Vhost, Policy Policy, bool IsOperators);
