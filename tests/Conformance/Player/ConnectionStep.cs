using System.Globalization;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>
/// Performs a step that is addressed to a connection, as in a close, or a connection.open before there are channels.
/// </summary>
public sealed class ConnectionStep(Conversation conversation, List<string> lines)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends what the verb says and reads what must follow.</summary>
    public void Perform(string verb, Arguments arguments)
    {
        switch (verb)
        {
            case "raw":
                conversation.PrepareHidden();
                conversation.SendBytes(Bytes(arguments));
                break;
            case "frame":
                conversation.PrepareHidden();
                SendFrame(arguments);
                break;
            case "protocol":
                conversation.SendBytes(Bytes(arguments));
                if (conversation.Next(Patience)?.Method is null)
                    conversation.Next(Patience);
                break;
            case "read":
                Read(arguments);
                break;
            case "close":
                conversation.SendMethod(0, "connection.close", arguments.Named);
                conversation.Until(0, "connection.close-ok");
                break;
            case "drop":
                conversation.Drop(arguments.Words.Contains("reset"));
                break;
            case "heartbeats":
                conversation.TellsHeartbeats = true;
                break;
            default:
                SendMethod(verb, arguments);
                break;
        }
    }

    /// <summary>A method on channel 0. Before the connection runs the next thing heard is its answer.</summary>
    private void SendMethod(string method, Arguments arguments)
    {
        bool running = conversation.Running;
        conversation.PrepareHidden();
        conversation.SendMethod(0, method, arguments.Named);
        if (method == "connection.tune-ok")
            return;
        if (!running)
            conversation.Next(Patience);
        else if (MethodTable.Find(method + "-ok") is not null)
            conversation.Until(0, method + "-ok");
    }

    private void Read(Arguments arguments)
    {
        int patienceMs = int.Parse(arguments.Named.GetValueOrDefault("for", "10000"), CultureInfo.InvariantCulture);
        if (arguments.Words.Contains("all"))
        {
            Deadline deadline = Deadline.In(TimeSpan.FromMilliseconds(patienceMs));
            while (!conversation.Over && conversation.Next(deadline.Left) is not null)
            {
            }

            return;
        }

        if (conversation.Next(TimeSpan.FromMilliseconds(patienceMs)) is null
            && (!conversation.Over || conversation.Ended))
            lines.Add($"    {conversation.Name} hears nothing");
    }

    private void SendFrame(Arguments arguments)
    {
        byte type = (byte)(long)Literal.ForField("octet", arguments.Named["type"]);
        ushort channel = (ushort)(long)Literal.ForField("short", arguments.Named.GetValueOrDefault("channel", "0"));
        byte end = Convert.ToByte(arguments.Named.GetValueOrDefault("end", "CE"), 16);
        conversation.SendFrame(type, channel, Bytes(arguments), end);
    }

    /// <summary>Bytes from words: quoted text, repetitions, or hexadecimal.</summary>
    private static byte[] Bytes(Arguments arguments) =>
        [.. arguments.Words.SelectMany(
            word => word[0] == '"' || word.Contains('*') ? Literal.Text(word) : Convert.FromHexString(word))];
}
