using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// Routes by the header table (AMQP 0-9-1, section 3.1.3.4, and RabbitMQ's modes with-x). Every binding is looked
/// at, so the time grows with their number.
/// </summary>
public sealed class HeadersExchange : Exchange
{
    private HashTrie<Entry, Binding> _entries = HashTrie<Entry, Binding>.Empty;

    internal HeadersExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
    }

    internal override bool ReadsKey => false;

    internal override bool RoutesByKeyAlone => false;

    /// <inheritdoc/>
    public override void Validate(Binding binding)
    {
        if (!binding.Arguments.TryGetValue("x-match", out FieldValue match))
            return;
        if (match.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"Invalid x-match field type {match.RabbitMqTypeName} (value {match}); expected longstr");
        }
        if (match.AsText() is not ("all" or "any" or "all-with-x" or "any-with-x"))
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"Invalid x-match field value {ErlangBinary.Of(match.AsText())}; "
                + "expected all, any, all-with-x, or any-with-x");
        }
    }

    internal override bool Route(in RoutingInput input, RouteSet routes)
    {
        ReadOnlySpan<byte> table = input.Properties.HeadersTable;
        routes.Headers.Scan(table);
        bool matched = false;
        foreach (ref readonly Entry entry in _entries)
        {
            if (!entry.Pattern.Matches(table, routes.Headers))
                continue;
            matched = true;
            routes.AddDestination(entry.Binding);
        }
        return matched;
    }

    private protected override void Bind(Binding binding, bool isNew) =>
        _entries = _entries.With(new Entry(binding, new HeadersPattern(binding.Arguments)), binding);

    private protected override void Unbind(Binding binding) =>
        _entries = _entries.Without(binding.GetHashCode(), binding);

    private readonly struct Entry(Binding binding, HeadersPattern pattern) : IHashTrieEntry<Binding>
    {
        public Binding Binding { get; } = binding;

        public HeadersPattern Pattern { get; } = pattern;

        public int Hash => Binding.GetHashCode();

        public bool Is(Binding key) => Binding.Equals(key);
    }
}
