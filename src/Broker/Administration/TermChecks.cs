using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>
/// RabbitMQ's checks of an object's members (rabbit_parameter_validation): which there may be, which there must be, and
/// what each is. All that is wrong is told, in RabbitMQ's order: what is unknown first, then the last member checked.
/// </summary>
internal sealed class TermChecks(string name, FieldTable term)
{
    private readonly Stack<string> _errors = [];
    private readonly List<string> _known = [];

    /// <summary>What is wrong; the checks are complete.</summary>
    public IReadOnlyList<string> Finish()
    {
        string[] unknown = [.. term.Where(member => !_known.Contains(member.Key))
            .Select(member => $"{{{ErlangTerm.Text(member.Key)},{ErlangTerm.Json(member.Value)}}}")];
        if (unknown.Length > 0)
            _errors.Push($"Unrecognised terms [{string.Join(',', unknown)}] in {name}");
        return [.. _errors];
    }

    public FieldValue? Mandatory(string key)
    {
        FieldValue? value = Optional(key);
        if (value is null)
            _errors.Push($"Key \"{key}\" not found in {name}");
        return value;
    }

    public FieldValue? Optional(string key)
    {
        _known.Add(key);
        return term.TryGetValue(key, out FieldValue value) ? value : null;
    }

    /// <summary>0 when it is absent or wrong.</summary>
    public long Integer(string key, FieldValue? value)
    {
        if (value is not { } given || given.TryGetInteger(out long number))
            return value?.TryGetInteger(out number) == true ? number : 0;
        _errors.Push($"{key} should be a number, actually was {ErlangTerm.Json(given)}");
        return 0;
    }

    /// <summary>Null when it is absent or wrong.</summary>
    public NamePattern? Pattern(string key, FieldValue? value)
    {
        if (value is not { } given)
            return null;
        if (given.Kind != FieldKind.LongString)
        {
            _errors.Push($"{key} should be a binary but was {ErlangTerm.Json(given)}");
            return null;
        }
        if (PatternError.Of(given.AsText()) is { } error)
        {
            _errors.Push($"{key} should be regular expression but is invalid: {error.ToErlang()}");
            return null;
        }
        return NamePattern.Compile(given.AsText());
    }

    public void Fail(string reason) => _errors.Push(reason);
}
