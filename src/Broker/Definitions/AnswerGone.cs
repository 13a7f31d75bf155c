using Warren.Broker.Channels;

namespace Warren.Broker.Definitions;

/// <summary>Something was to be deleted that is gone already: answered when it cannot come back any more.</summary>
internal sealed class AnswerGone(ChannelRequest request, Action answer) : DefinitionsChange
{
    internal override void Fail(string reason) => request.Fail(Security.Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) => store.Answers.WhenGone(request, answer);
}
