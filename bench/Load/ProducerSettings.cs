namespace Warren.Load;

/// <summary>What one producer does.</summary>
/// <param name="Number">Its number, from 0; part of every stamp.</param>
/// <param name="Messages">What it sends.</param>
/// <param name="Limit">How many messages it sends at most.</param>
/// <param name="Rate">Messages a second; 0 is as fast as it goes.</param>
/// <param name="ConfirmWindow">Unconfirmed messages at most; 0 is without confirms.</param>
internal sealed record ProducerSettings(
    int Number, EncodedMessages Messages, long Limit, double Rate, int ConfirmWindow);
