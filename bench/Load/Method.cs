namespace Warren.Load;

/// <summary>The methods of AMQP 0-9-1 the tool speaks, as class number and method number in 16 bits each.</summary>
internal static class Method
{
    internal const int ConnectionStart = (10 << 16) | 10;
    internal const int ConnectionStartOk = (10 << 16) | 11;
    internal const int ConnectionTune = (10 << 16) | 30;
    internal const int ConnectionTuneOk = (10 << 16) | 31;
    internal const int ConnectionOpen = (10 << 16) | 40;
    internal const int ConnectionOpenOk = (10 << 16) | 41;
    internal const int ConnectionClose = (10 << 16) | 50;
    internal const int ConnectionCloseOk = (10 << 16) | 51;
    internal const int ConnectionBlocked = (10 << 16) | 60;
    internal const int ConnectionUnblocked = (10 << 16) | 61;
    internal const int ChannelOpen = (20 << 16) | 10;
    internal const int ChannelOpenOk = (20 << 16) | 11;
    internal const int ChannelClose = (20 << 16) | 40;
    internal const int ExchangeDeclare = (40 << 16) | 10;
    internal const int ExchangeDeclareOk = (40 << 16) | 11;
    internal const int ExchangeDelete = (40 << 16) | 20;
    internal const int ExchangeDeleteOk = (40 << 16) | 21;
    internal const int QueueDeclare = (50 << 16) | 10;
    internal const int QueueDeclareOk = (50 << 16) | 11;
    internal const int QueueBind = (50 << 16) | 20;
    internal const int QueueBindOk = (50 << 16) | 21;
    internal const int QueueDelete = (50 << 16) | 40;
    internal const int QueueDeleteOk = (50 << 16) | 41;
    internal const int BasicQos = (60 << 16) | 10;
    internal const int BasicQosOk = (60 << 16) | 11;
    internal const int BasicConsume = (60 << 16) | 20;
    internal const int BasicConsumeOk = (60 << 16) | 21;
    internal const int BasicCancel = (60 << 16) | 30;
    internal const int BasicPublish = (60 << 16) | 40;
    internal const int BasicDeliver = (60 << 16) | 60;
    internal const int BasicAck = (60 << 16) | 80;
    internal const int BasicNack = (60 << 16) | 120;
    internal const int ConfirmSelect = (85 << 16) | 10;
    internal const int ConfirmSelectOk = (85 << 16) | 11;
}
