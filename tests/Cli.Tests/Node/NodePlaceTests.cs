using Warren.Cli.Node;
using Xunit;

namespace Warren.Cli.Tests.Node;

/// <summary>A command looks where the node of the same tree, with the same variables, has put its socket.</summary>
public sealed class NodePlaceTests
{
    [Fact]
    public void APackageKeepsItInTheDataDirectory() => Assert.Equal(
        ["/var/lib/rabbitmq/mnesia/rabbit@host1.control"], Find("/usr/lib/rabbitmq/warren").Sockets);

    [Fact]
    public void ATreeKeepsItInItself() => Assert.Equal(
        "/opt/w/var/mnesia/rabbit@host1.control", Find("/opt/w/lib/warren").Sockets[0]);

    [Fact]
    public void InACheckoutTheNodeOfBuildRunIsFoundToo()
    {
        using var checkout = new TemporaryCheckout();
        Assert.Equal(
            [
                $"{checkout.Path}/dist/var/mnesia/rabbit@host1.control",
                $"{checkout.Path}/var/mnesia/rabbit@host1.control",
                "/var/lib/rabbitmq/mnesia/rabbit@host1.control",
            ],
            Find($"{checkout.Path}/dist/lib/warren").Sockets);
    }

    [Theory]
    [InlineData("RABBITMQ_MNESIA_BASE", "/data", "/data/rabbit@host1.control")]
    [InlineData("RABBITMQ_CONTROL_SOCKET", "/run/w", "/run/w")]
    [InlineData("RABBITMQ_NODENAME", "r1@localhost", "/var/lib/rabbitmq/mnesia/r1@localhost.control")]
    [InlineData("RABBITMQ_NODENAME", "r2", "/var/lib/rabbitmq/mnesia/r2@host1.control")]
    [InlineData("RABBITMQ_USE_LONGNAME", "true", "/var/lib/rabbitmq/mnesia/rabbit@host1.example.org.control")]
    public void VariablesSayWhere(string name, string value, string socket) => Assert.Equal(
        [socket], Find("/usr/lib/rabbitmq/warren", new() { [name] = value }).Sockets);

    [Fact]
    public void TheSwitchWinsOverTheVariable() => Assert.Equal(
        "r3@host1", Find("/usr/lib/rabbitmq/warren", new() { ["RABBITMQ_NODENAME"] = "r1" }, "r3").NodeName);

    [Fact]
    public void TheEnvironmentFileIsReadAsTheNodeReadsIt()
    {
        using var checkout = new TemporaryCheckout();
        string file = Path.Combine(checkout.Path, "rabbitmq-env.conf");
        File.WriteAllText(file, "# a comment\nNODENAME=r7\nexport RABBITMQ_MNESIA_BASE=\"/data\"\nbroken line\n");
        Assert.Equal(
            ["/data/r7@host1.control"],
            Find("/usr/lib/rabbitmq/warren", new() { ["RABBITMQ_CONF_ENV_FILE"] = file }).Sockets);
    }

    private static NodePlace Find(
        string program, Dictionary<string, string>? variables = null, string? node = null)
    {
        variables ??= [];
        variables.TryAdd("RABBITMQ_CONF_ENV_FILE", "/nowhere/rabbitmq-env.conf");
        return NodePlace.Find(
            new CallerEnvironment(variables.GetValueOrDefault, program, "host1.example.org"), node, false);
    }

    private sealed class TemporaryCheckout : IDisposable
    {
        public TemporaryCheckout() => File.WriteAllText(System.IO.Path.Combine(Path, "Warren.slnx"), "");

        public string Path { get; } = Directory.CreateTempSubdirectory("warren-checkout-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
