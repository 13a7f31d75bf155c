using Warren.Amqp;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Entries as bytes (docs/formats/definitions.md):
/// <code>
///   | version | kind | action | fields, a table | arguments, a table |
/// </code>
/// The first three octets are the head, always in the record's meta; the tables follow there, or are its body.
/// </summary>
internal static class EntryFormat
{
    /// <summary>The highest version that is read; what is written says the lowest that can hold it.</summary>
    public const byte Version = 7;

    /// <summary>The version that knows on which node a queue lives.</summary>
    public const byte WithHomeNode = 3;

    /// <summary>The version in which a queue lives nowhere but on a member.</summary>
    public const byte WithMembers = 4;

    /// <summary>The version in which a queue may have members on several nodes.</summary>
    public const byte WithReplicas = 5;

    /// <summary>The version in which a queue's members may change.</summary>
    public const byte WithWishes = 6;

    /// <summary>The version in which messages at delayed exchanges may have members.</summary>
    public const byte WithDelayStores = 7;

    public const int HeadBytes = 3;

    private const byte Makes = 1;
    private const byte Removes = 2;

    /// <summary>The whole entry in one piece.</summary>
    public static byte[] Write(DefinitionsEntry entry)
    {
        var fields = new FieldTable();
        entry.Write(fields);
        byte[] bytes = new byte[HeadBytes + fields.EncodedSizeBytes + entry.Arguments.EncodedSizeBytes];
        var writer = new WireWriter(bytes);
        writer.WriteOctet(entry.FormatVersion);
        writer.WriteOctet((byte)entry.Key.Kind);
        writer.WriteOctet(entry.Removes ? Removes : Makes);
        writer.WriteTable(fields);
        writer.WriteTable(entry.Arguments);
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> made.</summary>
    /// <param name="head">The first octets.</param>
    /// <param name="tables">The rest.</param>
    /// <exception cref="FormatException">It is of another version, or damaged, or names what is not known.</exception>
    public static DefinitionsEntry Read(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tables)
    {
        if (head.Length == 0 || head[0] is 0 or > Version)
        {
            string found = head.Length == 0 ? "none" : $"{head[0]}";
            throw new FormatException($"has format version {found}; this node knows versions 1 to {Version}");
        }
        if (head.Length < HeadBytes)
            throw new FormatException($"ends after {head.Length} bytes");
        var kind = (DefinitionKind)head[1];
        if (!Enum.IsDefined(kind) || (head[0] == 1 && kind > DefinitionKind.Binding)
            || (head[0] == 2 && kind > DefinitionKind.GlobalParameter)
            || (head[0] == 3 && kind > DefinitionKind.Member)
            || (head[0] is 4 or 5 && kind > DefinitionKind.Forgotten))
            throw new FormatException($"is of kind {head[1]}, which is not known");
        if (head[2] is not (Makes or Removes) || (head[2] == Removes && kind == DefinitionKind.QueueMembers))
            throw new FormatException($"is for action {head[2]}, which is not known");
        (FieldTable fields, FieldTable arguments) = ReadTables(tables);
        return head[2] == Removes
            ? RemovalEntry.Read(kind, new EntryFields(fields), arguments)
            : Make(kind, new EntryFields(fields), arguments);
    }

    private static (FieldTable Fields, FieldTable Arguments) ReadTables(ReadOnlySpan<byte> tables)
    {
        try
        {
            var reader = new WireReader(tables);
            FieldTable fields = reader.ReadTable();
            FieldTable arguments = reader.ReadTable();
            reader.ExpectEnd();
            return (fields, arguments);
        }
        catch (WireFormatException error)
        {
            throw new FormatException($"holds no two tables: {error.Message}", error);
        }
    }

    private static DefinitionsEntry Make(DefinitionKind kind, EntryFields fields, FieldTable arguments) => kind switch
    {
        DefinitionKind.Vhost => VhostEntry.Read(fields),
        DefinitionKind.User => UserEntry.Read(fields),
        DefinitionKind.Permission => PermissionEntry.Read(fields),
        DefinitionKind.TopicPermission => TopicPermissionEntry.Read(fields),
        DefinitionKind.Exchange => ExchangeEntry.Read(fields, arguments),
        DefinitionKind.Queue => QueueEntry.Read(fields, arguments),
        DefinitionKind.Binding => BindingEntry.Read(fields, arguments),
        DefinitionKind.Parameter => ParameterEntry.Read(fields, arguments),
        DefinitionKind.GlobalParameter => GlobalParameterEntry.Read(fields, arguments),
        DefinitionKind.Session => SessionEntry.Read(fields),
        DefinitionKind.Member => MemberEntry.Read(fields),
        DefinitionKind.Homes => HomesEntry.Read(fields),
        DefinitionKind.Forgotten => ForgottenEntry.Read(fields),
        DefinitionKind.QueueMembers => QueueMembersEntry.Read(fields),
        _ => PolicyEntry.Read(fields, arguments, isOperators: kind == DefinitionKind.OperatorPolicy),
    };
}
