// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
using Warren.Amqp;

namespace Warren.Fuzz;

/// <summary>Reads the arguments of any method and writes the method again.</summary>
public static class MethodRewriter
{
    /// <summary>The bytes of the method frame's payload, or null for an unknown method.</summary>
    public static byte[]? Rewrite(uint methodId, ref WireReader reader) => methodId switch
    {
        MethodId.ConnectionStart => Write(ConnectionStart.Read(ref reader)),
        MethodId.ConnectionStartOk => Write(ConnectionStartOk.Read(ref reader)),
        MethodId.ConnectionSecure => Write(ConnectionSecure.Read(ref reader)),
        MethodId.ConnectionSecureOk => Write(ConnectionSecureOk.Read(ref reader)),
        MethodId.ConnectionTune => Write(ConnectionTune.Read(ref reader)),
        MethodId.ConnectionTuneOk => Write(ConnectionTuneOk.Read(ref reader)),
        MethodId.ConnectionOpen => Write(ConnectionOpen.Read(ref reader)),
        MethodId.ConnectionOpenOk => Write(ConnectionOpenOk.Read(ref reader)),
        MethodId.ConnectionClose => Write(ConnectionClose.Read(ref reader)),
        MethodId.ConnectionCloseOk => Write(ConnectionCloseOk.Read(ref reader)),
        MethodId.ConnectionBlocked => Write(ConnectionBlocked.Read(ref reader)),
        MethodId.ConnectionUnblocked => Write(ConnectionUnblocked.Read(ref reader)),
        MethodId.ConnectionUpdateSecret => Write(ConnectionUpdateSecret.Read(ref reader)),
        MethodId.ConnectionUpdateSecretOk => Write(ConnectionUpdateSecretOk.Read(ref reader)),
        MethodId.ChannelOpen => Write(ChannelOpen.Read(ref reader)),
        MethodId.ChannelOpenOk => Write(ChannelOpenOk.Read(ref reader)),
        MethodId.ChannelFlow => Write(ChannelFlow.Read(ref reader)),
        MethodId.ChannelFlowOk => Write(ChannelFlowOk.Read(ref reader)),
        MethodId.ChannelClose => Write(ChannelClose.Read(ref reader)),
        MethodId.ChannelCloseOk => Write(ChannelCloseOk.Read(ref reader)),
        MethodId.AccessRequest => Write(AccessRequest.Read(ref reader)),
        MethodId.AccessRequestOk => Write(AccessRequestOk.Read(ref reader)),
        MethodId.ExchangeDeclare => Write(ExchangeDeclare.Read(ref reader)),
        MethodId.ExchangeDeclareOk => Write(ExchangeDeclareOk.Read(ref reader)),
        MethodId.ExchangeDelete => Write(ExchangeDelete.Read(ref reader)),
        MethodId.ExchangeDeleteOk => Write(ExchangeDeleteOk.Read(ref reader)),
        MethodId.ExchangeBind => Write(ExchangeBind.Read(ref reader)),
        MethodId.ExchangeBindOk => Write(ExchangeBindOk.Read(ref reader)),
        MethodId.ExchangeUnbind => Write(ExchangeUnbind.Read(ref reader)),
        MethodId.ExchangeUnbindOk => Write(ExchangeUnbindOk.Read(ref reader)),
        MethodId.QueueDeclare => Write(QueueDeclare.Read(ref reader)),
        MethodId.QueueDeclareOk => Write(QueueDeclareOk.Read(ref reader)),
        MethodId.QueueBind => Write(QueueBind.Read(ref reader)),
        MethodId.QueueBindOk => Write(QueueBindOk.Read(ref reader)),
        MethodId.QueuePurge => Write(QueuePurge.Read(ref reader)),
        MethodId.QueuePurgeOk => Write(QueuePurgeOk.Read(ref reader)),
        MethodId.QueueDelete => Write(QueueDelete.Read(ref reader)),
        MethodId.QueueDeleteOk => Write(QueueDeleteOk.Read(ref reader)),
        MethodId.QueueUnbind => Write(QueueUnbind.Read(ref reader)),
        MethodId.QueueUnbindOk => Write(QueueUnbindOk.Read(ref reader)),
        MethodId.BasicQos => Write(BasicQos.Read(ref reader)),
        MethodId.BasicQosOk => Write(BasicQosOk.Read(ref reader)),
        MethodId.BasicConsume => Write(BasicConsume.Read(ref reader)),
        MethodId.BasicConsumeOk => Write(BasicConsumeOk.Read(ref reader)),
        MethodId.BasicCancel => Write(BasicCancel.Read(ref reader)),
        MethodId.BasicCancelOk => Write(BasicCancelOk.Read(ref reader)),
        MethodId.BasicPublish => Write(BasicPublish.Read(ref reader)),
        MethodId.BasicReturn => Write(BasicReturn.Read(ref reader)),
        MethodId.BasicDeliver => Write(BasicDeliver.Read(ref reader)),
        MethodId.BasicGet => Write(BasicGet.Read(ref reader)),
        MethodId.BasicGetOk => Write(BasicGetOk.Read(ref reader)),
        MethodId.BasicGetEmpty => Write(BasicGetEmpty.Read(ref reader)),
        MethodId.BasicAck => Write(BasicAck.Read(ref reader)),
        MethodId.BasicReject => Write(BasicReject.Read(ref reader)),
        MethodId.BasicRecoverAsync => Write(BasicRecoverAsync.Read(ref reader)),
        MethodId.BasicRecover => Write(BasicRecover.Read(ref reader)),
        MethodId.BasicRecoverOk => Write(BasicRecoverOk.Read(ref reader)),
        MethodId.BasicNack => Write(BasicNack.Read(ref reader)),
        MethodId.TxSelect => Write(TxSelect.Read(ref reader)),
        MethodId.TxSelectOk => Write(TxSelectOk.Read(ref reader)),
        MethodId.TxCommit => Write(TxCommit.Read(ref reader)),
        MethodId.TxCommitOk => Write(TxCommitOk.Read(ref reader)),
        MethodId.TxRollback => Write(TxRollback.Read(ref reader)),
        MethodId.TxRollbackOk => Write(TxRollbackOk.Read(ref reader)),
        MethodId.ConfirmSelect => Write(ConfirmSelect.Read(ref reader)),
        MethodId.ConfirmSelectOk => Write(ConfirmSelectOk.Read(ref reader)),
        _ => null,
    };

    private static byte[] Write<TMethod>(TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        var bytes = new byte[method.SizeBytes];
        var writer = new WireWriter(bytes);
        method.WriteTo(ref writer);
        return writer.Position == bytes.Length
            ? bytes
            : throw new InvalidOperationException($"Told {bytes.Length} bytes, wrote {writer.Position}.");
    }
}
