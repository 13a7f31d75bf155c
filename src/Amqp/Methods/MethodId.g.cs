// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>Class id and method id in one number: the first four octets of a method frame.</summary>
public static class MethodId
{
    /// <summary>The method connection.start.</summary>
    public const uint ConnectionStart = (10u << 16) | 10;

    /// <summary>The method connection.start-ok.</summary>
    public const uint ConnectionStartOk = (10u << 16) | 11;

    /// <summary>The method connection.secure.</summary>
    public const uint ConnectionSecure = (10u << 16) | 20;

    /// <summary>The method connection.secure-ok.</summary>
    public const uint ConnectionSecureOk = (10u << 16) | 21;

    /// <summary>The method connection.tune.</summary>
    public const uint ConnectionTune = (10u << 16) | 30;

    /// <summary>The method connection.tune-ok.</summary>
    public const uint ConnectionTuneOk = (10u << 16) | 31;

    /// <summary>The method connection.open.</summary>
    public const uint ConnectionOpen = (10u << 16) | 40;

    /// <summary>The method connection.open-ok.</summary>
    public const uint ConnectionOpenOk = (10u << 16) | 41;

    /// <summary>The method connection.close.</summary>
    public const uint ConnectionClose = (10u << 16) | 50;

    /// <summary>The method connection.close-ok.</summary>
    public const uint ConnectionCloseOk = (10u << 16) | 51;

    /// <summary>The method connection.blocked.</summary>
    public const uint ConnectionBlocked = (10u << 16) | 60;

    /// <summary>The method connection.unblocked.</summary>
    public const uint ConnectionUnblocked = (10u << 16) | 61;

    /// <summary>The method connection.update-secret.</summary>
    public const uint ConnectionUpdateSecret = (10u << 16) | 70;

    /// <summary>The method connection.update-secret-ok.</summary>
    public const uint ConnectionUpdateSecretOk = (10u << 16) | 71;

    /// <summary>The method channel.open.</summary>
    public const uint ChannelOpen = (20u << 16) | 10;

    /// <summary>The method channel.open-ok.</summary>
    public const uint ChannelOpenOk = (20u << 16) | 11;

    /// <summary>The method channel.flow.</summary>
    public const uint ChannelFlow = (20u << 16) | 20;

    /// <summary>The method channel.flow-ok.</summary>
    public const uint ChannelFlowOk = (20u << 16) | 21;

    /// <summary>The method channel.close.</summary>
    public const uint ChannelClose = (20u << 16) | 40;

    /// <summary>The method channel.close-ok.</summary>
    public const uint ChannelCloseOk = (20u << 16) | 41;

    /// <summary>The method access.request.</summary>
    public const uint AccessRequest = (30u << 16) | 10;

    /// <summary>The method access.request-ok.</summary>
    public const uint AccessRequestOk = (30u << 16) | 11;

    /// <summary>The method exchange.declare.</summary>
    public const uint ExchangeDeclare = (40u << 16) | 10;

    /// <summary>The method exchange.declare-ok.</summary>
    public const uint ExchangeDeclareOk = (40u << 16) | 11;

    /// <summary>The method exchange.delete.</summary>
    public const uint ExchangeDelete = (40u << 16) | 20;

    /// <summary>The method exchange.delete-ok.</summary>
    public const uint ExchangeDeleteOk = (40u << 16) | 21;

    /// <summary>The method exchange.bind.</summary>
    public const uint ExchangeBind = (40u << 16) | 30;

    /// <summary>The method exchange.bind-ok.</summary>
    public const uint ExchangeBindOk = (40u << 16) | 31;

    /// <summary>The method exchange.unbind.</summary>
    public const uint ExchangeUnbind = (40u << 16) | 40;

    /// <summary>The method exchange.unbind-ok.</summary>
    public const uint ExchangeUnbindOk = (40u << 16) | 51;

    /// <summary>The method queue.declare.</summary>
    public const uint QueueDeclare = (50u << 16) | 10;

    /// <summary>The method queue.declare-ok.</summary>
    public const uint QueueDeclareOk = (50u << 16) | 11;

    /// <summary>The method queue.bind.</summary>
    public const uint QueueBind = (50u << 16) | 20;

    /// <summary>The method queue.bind-ok.</summary>
    public const uint QueueBindOk = (50u << 16) | 21;

    /// <summary>The method queue.purge.</summary>
    public const uint QueuePurge = (50u << 16) | 30;

    /// <summary>The method queue.purge-ok.</summary>
    public const uint QueuePurgeOk = (50u << 16) | 31;

    /// <summary>The method queue.delete.</summary>
    public const uint QueueDelete = (50u << 16) | 40;

    /// <summary>The method queue.delete-ok.</summary>
    public const uint QueueDeleteOk = (50u << 16) | 41;

    /// <summary>The method queue.unbind.</summary>
    public const uint QueueUnbind = (50u << 16) | 50;

    /// <summary>The method queue.unbind-ok.</summary>
    public const uint QueueUnbindOk = (50u << 16) | 51;

    /// <summary>The method basic.qos.</summary>
    public const uint BasicQos = (60u << 16) | 10;

    /// <summary>The method basic.qos-ok.</summary>
    public const uint BasicQosOk = (60u << 16) | 11;

    /// <summary>The method basic.consume.</summary>
    public const uint BasicConsume = (60u << 16) | 20;

    /// <summary>The method basic.consume-ok.</summary>
    public const uint BasicConsumeOk = (60u << 16) | 21;

    /// <summary>The method basic.cancel.</summary>
    public const uint BasicCancel = (60u << 16) | 30;

    /// <summary>The method basic.cancel-ok.</summary>
    public const uint BasicCancelOk = (60u << 16) | 31;

    /// <summary>The method basic.publish.</summary>
    public const uint BasicPublish = (60u << 16) | 40;

    /// <summary>The method basic.return.</summary>
    public const uint BasicReturn = (60u << 16) | 50;

    /// <summary>The method basic.deliver.</summary>
    public const uint BasicDeliver = (60u << 16) | 60;

    /// <summary>The method basic.get.</summary>
    public const uint BasicGet = (60u << 16) | 70;

    /// <summary>The method basic.get-ok.</summary>
    public const uint BasicGetOk = (60u << 16) | 71;

    /// <summary>The method basic.get-empty.</summary>
    public const uint BasicGetEmpty = (60u << 16) | 72;

    /// <summary>The method basic.ack.</summary>
    public const uint BasicAck = (60u << 16) | 80;

    /// <summary>The method basic.reject.</summary>
    public const uint BasicReject = (60u << 16) | 90;

    /// <summary>The method basic.recover-async.</summary>
    public const uint BasicRecoverAsync = (60u << 16) | 100;

    /// <summary>The method basic.recover.</summary>
    public const uint BasicRecover = (60u << 16) | 110;

    /// <summary>The method basic.recover-ok.</summary>
    public const uint BasicRecoverOk = (60u << 16) | 111;

    /// <summary>The method basic.nack.</summary>
    public const uint BasicNack = (60u << 16) | 120;

    /// <summary>The method tx.select.</summary>
    public const uint TxSelect = (90u << 16) | 10;

    /// <summary>The method tx.select-ok.</summary>
    public const uint TxSelectOk = (90u << 16) | 11;

    /// <summary>The method tx.commit.</summary>
    public const uint TxCommit = (90u << 16) | 20;

    /// <summary>The method tx.commit-ok.</summary>
    public const uint TxCommitOk = (90u << 16) | 21;

    /// <summary>The method tx.rollback.</summary>
    public const uint TxRollback = (90u << 16) | 30;

    /// <summary>The method tx.rollback-ok.</summary>
    public const uint TxRollbackOk = (90u << 16) | 31;

    /// <summary>The method confirm.select.</summary>
    public const uint ConfirmSelect = (85u << 16) | 10;

    /// <summary>The method confirm.select-ok.</summary>
    public const uint ConfirmSelectOk = (85u << 16) | 11;
}
