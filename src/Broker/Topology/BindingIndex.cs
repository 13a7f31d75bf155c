namespace Warren.Broker.Topology;

/// <summary>
/// Bindings by the name of their destination, so that a destination goes with its own bindings. Persistent.
/// </summary>
internal readonly struct BindingIndex
{
    private readonly NameMap<BindingSet>? _byDestination;

    private BindingIndex(NameMap<BindingSet> byDestination) => _byDestination = byDestination;

    private NameMap<BindingSet> ByDestination => _byDestination ?? NameMap<BindingSet>.Empty;

    public BindingSet Of(ReadOnlySpan<char> destination) =>
        ByDestination.TryGetValue(destination, out BindingSet bindings) ? bindings : default;

    public BindingIndex With(Binding binding) =>
        new(ByDestination.With(binding.Destination, Of(binding.Destination).With(binding)));

    public BindingIndex Without(Binding binding)
    {
        BindingSet bindings = Of(binding.Destination).Without(binding);
        return bindings.Count == 0
            ? WithoutDestination(binding.Destination)
            : new(ByDestination.With(binding.Destination, bindings));
    }

    public BindingIndex WithoutDestination(ReadOnlySpan<char> destination) => new(ByDestination.Without(destination));
}
