namespace Warren.Broker.Security;

/// <summary>Mechanisms as they are spelt on the wire.</summary>
public static class SaslMechanismNames
{
    public static string Of(SaslMechanism mechanism) => mechanism switch
    {
        SaslMechanism.Plain => "PLAIN",
        SaslMechanism.AmqPlain => "AMQPLAIN",
        SaslMechanism.External => "EXTERNAL",
        _ => "ANONYMOUS",
    };

    public static bool TryParse(ReadOnlySpan<char> name, out SaslMechanism mechanism)
    {
        mechanism = name switch
        {
            "AMQPLAIN" => SaslMechanism.AmqPlain,
            "EXTERNAL" => SaslMechanism.External,
            "ANONYMOUS" => SaslMechanism.Anonymous,
            _ => SaslMechanism.Plain,
        };
        return name.SequenceEqual(Of(mechanism));
    }
}
