using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Conformance.Player;

/// <summary>
/// Turns the fixtures of all scenarios into one definitions file in RabbitMQ's format: a virtual host for each
/// scenario, the users, permissions and limits they ask for. RabbitMQ imports it by rabbitmqctl, Warren loads it at its
/// start.
/// </summary>
public sealed class Fixtures
{
    private readonly SortedDictionary<string, JsonObject> _users = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _virtualHosts = new(StringComparer.Ordinal) { "/" };
    private readonly JsonArray _permissions = [];
    private readonly JsonArray _topicPermissions = [];
    private readonly JsonArray _parameters = [];

    private Fixtures(IEnumerable<Scenario> scenarios)
    {
        AddUser("guest", "guest", "administrator", []);
        AddPermission("guest", "/", ".*", ".*", ".*");
        foreach (Scenario scenario in scenarios)
        {
            AddVirtualHost(scenario.VirtualHost, []);
            foreach (string fixture in scenario.Fixtures)
                Add(scenario, Literal.Words(fixture));
        }
    }

    /// <summary>The definitions file for these scenarios.</summary>
    public static string Definitions(IEnumerable<Scenario> scenarios) => new Fixtures(scenarios).ToJson();

    private void Add(Scenario scenario, List<string> words)
    {
        Dictionary<string, string> options = new Arguments(words.Skip(2)).Named
            .ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(Literal.Text(pair.Value)));
        string name = words[1];
        switch (words[0])
        {
            case "user":
                AddUser(name, options["password"], options.GetValueOrDefault("tags", ""), Limits(options));
                if (options.TryGetValue("configure", out string? configure))
                    AddPermission(name, scenario.VirtualHost, configure, options["write"], options["read"]);
                break;
            case "vhost":
                AddVirtualHost(name, Limits(options));
                break;
            case "topic-permission":
                _topicPermissions.Add(new JsonObject
                {
                    ["user"] = name,
                    ["vhost"] = scenario.VirtualHost,
                    ["exchange"] = options["exchange"],
                    ["write"] = options["write"],
                    ["read"] = options["read"],
                });
                break;
            default:
                throw new FormatException($"{scenario.Name}: no fixture {words[0]}");
        }
    }

    private void AddUser(string name, string password, string tags, JsonObject limits) => _users[name] = new JsonObject
    {
        ["name"] = name,
        ["password_hash"] = Hash(password),
        ["hashing_algorithm"] = "rabbit_password_hashing_sha256",
        ["tags"] = new JsonArray(
            [.. tags.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(tag => JsonValue.Create(tag))]),
        ["limits"] = limits,
    };

    private void AddPermission(string user, string virtualHost, string configure, string write, string read) =>
        _permissions.Add(new JsonObject
        {
            ["user"] = user,
            ["vhost"] = virtualHost,
            ["configure"] = configure,
            ["write"] = write,
            ["read"] = read,
        });

    private void AddVirtualHost(string name, JsonObject limits)
    {
        if (!_virtualHosts.Add(name))
            return;
        AddPermission("guest", name, ".*", ".*", ".*");
        if (limits.Count == 0)
            return;
        _parameters.Add(new JsonObject
        {
            ["vhost"] = name,
            ["component"] = "vhost-limits",
            ["name"] = "limits",
            ["value"] = limits,
        });
    }

    private static JsonObject Limits(Dictionary<string, string> options)
    {
        JsonObject limits = [];
        foreach ((string key, string value) in options)
        {
            if (key.StartsWith("max_", StringComparison.Ordinal))
                limits[key.Replace('_', '-')] = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        }
        return limits;
    }

    /// <summary>RabbitMQ's hash of a password: a salt of four bytes and SHA-256 of salt and password.</summary>
    private static string Hash(string password)
    {
        byte[] salt = [0x57, 0x61, 0x72, 0x6E];
        byte[] digest = SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)]);
        return Convert.ToBase64String([.. salt, .. digest]);
    }

    private string ToJson() => new JsonObject
    {
        ["rabbit_version"] = "3.10.8",
        ["users"] = new JsonArray([.. _users.Values]),
        ["vhosts"] = new JsonArray([.. _virtualHosts.Select(name => new JsonObject { ["name"] = name })]),
        ["permissions"] = _permissions,
        ["topic_permissions"] = _topicPermissions,
        ["parameters"] = _parameters,
        ["policies"] = new JsonArray(),
        ["queues"] = new JsonArray(),
        ["exchanges"] = new JsonArray(),
        ["bindings"] = new JsonArray(),
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
}
