using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class PlacesSectionTests
{
    private readonly Dictionary<string, string> _variables = [];

    [Fact]
    public void An_installed_program_uses_the_packages_places()
    {
        var places = Read("/usr/lib/warren");
        Assert.Equal("/var/lib/rabbitmq/mnesia/rabbit@h", places.DataDirectory);
        Assert.Equal("/var/lib/rabbitmq/mnesia/rabbit@h.pid", places.PidFile);
        Assert.Equal("/var/log/rabbitmq", places.LogDirectory);
        Assert.Equal("/etc/rabbitmq/rabbitmq.conf", places.MainConfigurationFile);
        Assert.Equal("/etc/rabbitmq/conf.d", places.MoreConfigurationFiles);
        Assert.Equal("/etc/rabbitmq/enabled_plugins", places.EnabledPluginsFile);
        Assert.Equal("/var/lib/rabbitmq/.erlang.cookie", places.CookieFile);
    }

    [Fact]
    public void A_checkout_keeps_its_data_in_var()
    {
        var places = Read("/home/u/warren/src/Server/bin/Release/net10.0/", "/home/u/warren/Warren.slnx");
        Assert.Equal("/home/u/warren/var/mnesia/rabbit@h", places.DataDirectory);
        Assert.Equal("/home/u/warren/var/log", places.LogDirectory);
        Assert.Equal("/etc/rabbitmq/rabbitmq.conf", places.MainConfigurationFile);
    }

    [Fact]
    public void A_relocatable_tree_keeps_everything_in_itself()
    {
        var places = Read("/opt/broker/lib/warren/", "/opt/Warren.slnx");
        Assert.Equal("/opt/broker/var/mnesia/rabbit@h", places.DataDirectory);
        Assert.Equal("/opt/broker/etc/rabbitmq/rabbitmq.conf", places.MainConfigurationFile);
    }

    [Fact]
    public void Every_place_can_be_set()
    {
        _variables["RABBITMQ_NODENAME"] = "r1@localhost";
        _variables["RABBITMQ_MNESIA_BASE"] = "/b";
        _variables["RABBITMQ_CONFIG_FILE"] = "/c/x.conf";
        _variables["RABBITMQ_ENABLED_PLUGINS_FILE"] = "/p";
        _variables["RABBITMQ_DIST_PORT"] = "25000";
        _variables["HOME"] = "/h";
        var places = Read("/usr/lib/warren");
        Assert.Equal(
            ("r1@localhost", "/b/r1@localhost", "/b/r1@localhost.pid", "/c/x.conf", "/p", 25000, "/h/.erlang.cookie"),
            (places.NodeName, places.DataDirectory, places.PidFile, places.MainConfigurationFile,
                places.EnabledPluginsFile, places.PeerPort, places.CookieFile));
        _variables["RABBITMQ_MNESIA_DIR"] = "/d";
        _variables["RABBITMQ_PID_FILE"] = "/f.pid";
        places = Read("/usr/lib/warren");
        Assert.Equal(("/d", "/f.pid"), (places.DataDirectory, places.PidFile));
    }

    [Theory]
    [InlineData("RABBITMQ_NODENAME", "a@b@c")]
    [InlineData("RABBITMQ_NODENAME", "../x@h")]
    [InlineData("RABBITMQ_DIST_PORT", "many")]
    [InlineData("RABBITMQ_CONFIG_FILE", "/etc/rabbitmq/rabbitmq.config")]
    public void A_malformed_variable_stops_the_start(string name, string value)
    {
        _variables[name] = value;
        var error = Assert.Throws<ConfigurationException>(() => Read("/usr/lib/warren"));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    private NodePlaces Read(string program, params string[] files) => PlacesSection.Read(
        new NodeEnvironment(_variables, new Dictionary<string, string>(), program, "h.example.org"), files.Contains);
}
