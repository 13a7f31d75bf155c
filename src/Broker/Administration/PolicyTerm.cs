using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Policies;
using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>
/// A policy as the value of a parameter, as RabbitMQ keeps and exports operator policies: an object of pattern,
/// definition, priority and apply-to.
/// </summary>
public static class PolicyTerm
{
    public static FieldTable Of(Policy policy) => new()
    {
        ["pattern"] = FieldValue.Of(policy.Pattern.Text),
        ["definition"] = FieldValue.Of(policy.Definition),
        ["priority"] = FieldValue.Of(policy.Priority),
        ["apply-to"] = FieldValue.Of(PolicyTargets.NameOf(policy.Target)),
    };

    /// <exception cref="AdministrationException">What is wrong with it.</exception>
    public static Policy Read(string name, FieldTable term, bool isOperators)
    {
        NameChecks.CheckName("policy name", name);
        NameChecks.CheckValue(FieldValue.Of(term));
        var checks = new TermChecks(name, term);
        long priority = checks.Integer("priority", checks.Mandatory("priority"));
        NamePattern? pattern = checks.Pattern("pattern", checks.Mandatory("pattern"));
        PolicyTarget target = ReadTarget(checks);
        FieldTable definition = ReadDefinition(name, checks, isOperators);
        IReadOnlyList<string> errors = checks.Finish();
        return errors.Count > 0
            ? throw AdministrationException.ValidationFailed(errors)
            : new Policy(name, pattern!, target, priority, SortedFields.Of(definition));
    }

    private static PolicyTarget ReadTarget(TermChecks checks)
    {
        if (checks.Optional("apply-to") is not { } value)
            return PolicyTarget.All;
        string word = value.ToString();
        if (!PolicyTargets.TryParse(word, out PolicyTarget target))
        {
            checks.Fail(
                $"apply-to '{word}' unrecognised; should be one of: 'queues', 'classic_queues',  'quorum_queues', "
                + "'streams', 'exchanges', or 'all'");
        }
        return target;
    }

    private static FieldTable ReadDefinition(string name, TermChecks checks, bool isOperators)
    {
        if (checks.Mandatory("definition") is not { } value)
            return FieldTable.Empty;
        bool isTable = value.Kind == FieldKind.Table;
        // Erlang writes an empty object as an empty list.
        if (!isTable && !(value.Kind == FieldKind.Array && value.AsArray().Count == 0))
        {
            string validator = isOperators ? "operator_policy_validator" : "policy_validator";
            checks.Fail(value.Kind == FieldKind.Array
                ? $"definition must be a dictionary: {ErlangTerm.Json(value)}"
                : $"parse error while reading policy {name}: {ErlangTerm.Json(value)}. Validator: {validator}.");
            return FieldTable.Empty;
        }
        FieldTable definition = isTable ? value.AsTable() : FieldTable.Empty;
        if (PolicyRules.Check(definition, isOperators) is { } wrong)
            checks.Fail(wrong);
        return definition;
    }
}
