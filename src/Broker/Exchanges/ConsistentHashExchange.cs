using System.Globalization;
using System.Numerics;
using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// x-consistent-hash: every message goes to one destination, chosen by a hash of its routing key, or of the header or
/// property an argument names, so that equal values stay together and few move when a destination comes or goes. A
/// binding's key is its destination's weight: how many buckets it owns. As in the plugin, the first binding of a
/// destination decides its weight, and further ones add nothing; unlike there, it stays until its last one goes.
/// <para>
/// Buckets are in the order destinations came; when one goes, those above move down. They are kept as runs, so that a
/// weight of a million costs no more than one. A change copies the runs: these exchanges have tens of destinations.
/// </para>
/// </summary>
public sealed class ConsistentHashExchange : Exchange
{
    private readonly string? _header;
    private readonly byte[] _headerBytes;
    private readonly string? _property;
    private Run[] _runs = [];

    internal ConsistentHashExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
        _header = TextArgument(declaration.Arguments, "hash-header");
        _headerBytes = _header is null ? [] : FieldValue.Of(_header).AsBytes().ToArray();
        _property = TextArgument(declaration.Arguments, "hash-property");
        if (_header is not null && _property is not null)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed, "hash-header and hash-property are mutually exclusive");
        }
        if (_property is not (null or "correlation_id" or "message_id" or "timestamp"))
            throw new AmqpException(ReplyCode.PreconditionFailed, $"Unsupported property: {_property}");
    }

    // Extra keys are not asked for: the plugin hashes the first key alone.
    internal override bool ReadsKey => false;

    internal override bool RoutesByKeyAlone => _header is null && _property is null;

    /// <inheritdoc/>
    public override void Validate(Binding binding)
    {
        if (!IsInteger(binding.RoutingKey))
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"The binding key must be an integer: {ErlangBinary.Of(binding.RoutingKey)}");
        }
        if (WeightOf(binding.RoutingKey) < 1)
            throw new AmqpException(ReplyCode.PreconditionFailed, "The binding key must be greater than 0");
    }

    internal override bool Route(in RoutingInput input, RouteSet routes)
    {
        if (_runs.Length == 0)
            return false;
        long bucket = JumpHash.Bucket(HashOf(input, routes), _runs[^1].EndBucket);
        int low = 0;
        int high = _runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (bucket < _runs[middle].EndBucket)
                high = middle;
            else
                low = middle + 1;
        }
        routes.AddDestination(_runs[low].Binding);
        return true;
    }

    private protected override void Bind(Binding binding, bool isNew)
    {
        int at = FindRun(binding);
        if (at < 0)
        {
            long end = (_runs.Length == 0 ? 0 : _runs[^1].EndBucket) + WeightOf(binding.RoutingKey);
            _runs = [.. _runs, new Run(binding, end, 1)];
            return;
        }
        Run[] runs = [.. _runs];
        runs[at] = new(binding, runs[at].EndBucket, runs[at].BindingCount + (isNew ? 1 : 0));
        _runs = runs;
    }

    private protected override void Unbind(Binding binding)
    {
        int at = FindRun(binding);
        Run run = _runs[at];
        if (run.BindingCount > 1)
        {
            Run[] fewer = [.. _runs];
            fewer[at] = run with { BindingCount = run.BindingCount - 1 };
            _runs = fewer;
            return;
        }
        long start = at == 0 ? 0 : _runs[at - 1].EndBucket;
        var runs = new Run[_runs.Length - 1];
        Array.Copy(_runs, runs, at);
        for (int i = at; i < runs.Length; i++)
            runs[i] = _runs[i + 1] with { EndBucket = _runs[i + 1].EndBucket - (run.EndBucket - start) };
        _runs = runs;
    }

    private int FindRun(Binding binding) => Array.FindIndex(
        _runs,
        run => run.Binding.DestinationKind == binding.DestinationKind
            && run.Binding.Destination == binding.Destination);

    /// <summary>A message without the header or property has one hash, so that all such stay together.</summary>
    private ulong HashOf(in RoutingInput input, RouteSet routes)
    {
        switch (_property)
        {
            case "message_id":
                return JumpHash.Of(input.Properties.MessageId);
            case "correlation_id":
                return JumpHash.Of(input.Properties.CorrelationId);
            case "timestamp":
                return input.Properties.HasTimestamp ? JumpHash.Of(input.Properties.Timestamp) : 0;
        }
        if (_header is null)
            return JumpHash.Of(input.RoutingKey);
        ReadOnlySpan<byte> table = input.Properties.HeadersTable;
        routes.Headers.Scan(table);
        if (!routes.Headers.TryFind(table, _headerBytes, out HeaderField field))
            return 0;
        return HeaderField.IsInteger(field.Kind)
            ? JumpHash.Of((ulong)HeaderField.ReadInteger(field.Kind, field.ValueIn(table)))
            : JumpHash.Of(field.ValueIn(table));
    }

    private static bool IsInteger(string key)
    {
        ReadOnlySpan<char> digits = key.AsSpan();
        if (!digits.IsEmpty && digits[0] is '+' or '-')
            digits = digits[1..];
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9');
    }

    // Cut to what a sum of many cannot overflow; the plugin would fill its memory with buckets long before.
    private static int WeightOf(string key) =>
        (int)BigInteger.Clamp(BigInteger.Parse(key, CultureInfo.InvariantCulture), 0, int.MaxValue);

    private static string? TextArgument(FieldTable arguments, string name)
    {
        if (!arguments.TryGetValue(name, out FieldValue value))
            return null;
        return value.Kind == FieldKind.LongString
            ? value.AsText()
            : throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"invalid type '{value.RabbitMqTypeName}' for arg '{name}', expected longstr");
    }

    /// <summary>
    /// The buckets of one destination: from the end of the run before to <paramref name="EndBucket"/>.
    /// </summary>
    private readonly record struct Run(Binding Binding, long EndBucket, int BindingCount);
}
