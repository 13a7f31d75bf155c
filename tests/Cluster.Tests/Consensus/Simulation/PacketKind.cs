namespace Warren.Cluster.Tests.Consensus.Simulation;

internal enum PacketKind
{
    Message,
    Heartbeat,
    HeartbeatAnswer,
    HeartbeatLines,
    AnswerLines,
    Rest,
    RestAnswers,
}
