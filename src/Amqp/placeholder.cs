namespace Warren.Amqp;

public sealed class FieldTable
{
    public static FieldTable Empty { get; } = new();
}
