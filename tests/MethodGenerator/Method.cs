namespace Warren.MethodGenerator;

/// <summary>A method: one line of the table.</summary>
public sealed record Method(
    string WireName, ushort ClassId, ushort MethodId, string Sender, bool HasContent, IReadOnlyList<Field> Fields)
{
    /// <summary>The type's name: QueueDeclareOk for queue.declare-ok.</summary>
    public string Name => Naming.Pascal(WireName);

    /// <summary>The fields that have a meaning.</summary>
    public IReadOnlyList<Field> Exposed => [.. Fields.Where(one => !one.IsReserved)];

    /// <summary>Who sends it, as a sentence wants it.</summary>
    public string SenderText => Sender switch
    {
        "server" => "Sent by the server.",
        "client" => "Sent by the client.",
        _ => "Sent by both sides.",
    };

    /// <summary>Ids, fixed fields, lengths and packed bits: all but the content of strings and tables.</summary>
    public int FixedBytes
    {
        get
        {
            var sizeBytes = sizeof(ushort) * 2 + Fields.Sum(one => one.FixedBytes);
            var bits = 0;
            foreach (var one in Fields)
            {
                bits = one.Type == "bit" ? bits + 1 : 0;
                // Bits that follow each other share an octet; the first of each eight pays for it.
                if (bits % 8 == 1)
                    sizeBytes++;
            }

            return sizeBytes;
        }
    }
}
