namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Of the settlements that a line ends with and the home has not said to have: the acknowledgements. What was dealt
/// with need not come again, and they hold on every line to the same process.
/// </summary>
internal static class UnreceivedAcknowledgements
{
    private const int TogetherBytes = 8 + 1;
    private const int CancelBytes = 8 + 8;
    private const int CountedBytes = 8 + 4;
    private const int WrittenBytes = 8 + 4 + 8;
    // Up to the tag's length: see LineWriting.AddConsumer.
    private const int ConsumerBytes = 43;

    /// <summary>The positions of the messages, in the order in which they were acknowledged.</summary>
    public static List<long> Of(LaneSender settlements)
    {
        var positions = new List<long>();
        for (int at = 0; at < settlements.KeptFrames; at++)
        {
            var reader = new LineReader(settlements.KeptFrame(at), LineFrame.HeaderBytes);
            while (!reader.IsAtEnd)
                Read(ref reader, positions);
        }
        return positions;
    }

    private static void Read(ref LineReader reader, List<long> positions)
    {
        var kind = (LineItemKind)reader.Byte();
        switch (kind)
        {
            case >= LineItemKind.Acknowledge and <= LineItemKind.Undelivered:
                reader.Take(4);
                long position = reader.Int64();
                if (kind == LineItemKind.Acknowledge)
                    positions.Add(position);
                break;
            case LineItemKind.LateAcknowledge:
                positions.Add(reader.Int64());
                reader.Take(8);
                break;
            case LineItemKind.AddConsumer:
                reader.Take(ConsumerBytes);
                int tagBytes = reader.Byte();
                int argumentsBytes = reader.UInt16();
                reader.Take(tagBytes + argumentsBytes);
                break;
            default:
                reader.Take(kind switch
                {
                    LineItemKind.Last => 0,
                    LineItemKind.CancelConsumer => CancelBytes,
                    LineItemKind.Written => WrittenBytes,
                    LineItemKind.Together => TogetherBytes,
                    LineItemKind.SetShared or LineItemKind.Grant => CountedBytes,
                    _ => throw new InvalidOperationException($"{kind} is no settlement."),
                });
                break;
        }
    }
}
