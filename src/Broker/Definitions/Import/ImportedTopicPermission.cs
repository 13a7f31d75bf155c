using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A topic permission of a definitions document.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Exchange">The topic exchange that it is about.</param>
/// <param name="Permission">The compiled patterns.</param>
public sealed record ImportedTopicPermission(string User, string Vhost, string Exchange, TopicPermission Permission)
{
    internal static ImportedTopicPermission Read(ImportNode node)
    {
        string user = node.Member("user").Name();
        string vhost = node.Member("vhost").Name();
        string write = node.Member("write").Text();
        string read = node.Member("read").Text();
        if (!TopicPermission.TryCreate(
                write, read, user, vhost, null, out TopicPermission? permission, out string? error))
        {
            throw node.Wrong($"holds no usable pattern: {error}");
        }

        return new ImportedTopicPermission(user, vhost, node.Member("exchange").Name(), permission);
    }
}
