using System.Text;
using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Tests.Remote;

/// <summary>What a stand-in says on its lanes, in words that a test can compare.</summary>
internal static class LaneText
{
    public static List<string> Posts(byte[] frame)
    {
        var said = new List<string>();
        var reader = new LineReader(frame, LineFrame.HeaderBytes);
        while (!reader.IsAtEnd)
        {
            var kind = (LineItemKind)reader.Byte();
            if (kind == LineItemKind.Source)
            {
                said.Add(reader.Int64() == 0 ? "source of nobody" : "source");
                continue;
            }
            if (kind == LineItemKind.AnsweredBelow)
            {
                said.Add($"{kind} {reader.Int64()}");
                continue;
            }
            reader.Take(kind == LineItemKind.Publish ? 2 : 1);
            long number = reader.Int64();
            reader.Take(8);
            if (kind == LineItemKind.Publish)
                reader.Take(MessageSizes.Read(ref reader).TotalBytes);
            said.Add($"{kind} {number & ~(1L << 62)}");
        }
        return said;
    }

    public static List<string> Settlements(byte[] frame)
    {
        var said = new List<string>();
        var reader = new LineReader(frame, LineFrame.HeaderBytes);
        while (!reader.IsAtEnd)
            said.Add(Settlement(ref reader));
        return said;
    }

    private static string Settlement(ref LineReader reader)
    {
        var kind = (LineItemKind)reader.Byte();
        switch (kind)
        {
            case >= LineItemKind.Acknowledge and <= LineItemKind.Undelivered:
                return $"{kind} {reader.Int32()}/{reader.Int64()}";
            case >= LineItemKind.AcknowledgeAt and <= LineItemKind.UndeliveredAt:
                return $"{kind} {reader.Int64()}";
            case LineItemKind.AddConsumer:
                bool isShared = (reader.Byte() & 4) != 0;
                long added = reader.Int64();
                reader.Take(26);
                reader.Take(8);
                int tagBytes = reader.Byte();
                int argumentsBytes = reader.UInt16();
                string tag = Encoding.UTF8.GetString(reader.Take(tagBytes));
                reader.Take(argumentsBytes);
                return $"{kind} {added} {tag}{(isShared ? " shared" : "")}";
            case LineItemKind.CancelConsumer:
                long cancelled = reader.Int64();
                reader.Take(8);
                return $"{kind} {cancelled}";
            case LineItemKind.Written:
                return $"{kind} {reader.Int64()}: {reader.Int32()}, {reader.Int64()}";
            case LineItemKind.Grant or LineItemKind.SetShared:
                return $"{kind} {reader.Int64()}: {reader.Int32()}";
            case LineItemKind.Claim:
                long claimer = reader.Int64();
                var positions = new long[reader.Int32()];
                foreach (ref long position in positions.AsSpan())
                    position = reader.Int64();
                return $"{kind} {claimer}: {string.Join(", ", positions)}";
            case LineItemKind.ClaimsComplete:
                return $"{kind}";
            default:
                throw new InvalidOperationException($"{kind} is not expected");
        }
    }
}
