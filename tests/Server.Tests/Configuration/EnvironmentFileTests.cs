using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class EnvironmentFileTests
{
    private readonly List<ConfigurationNote> _notes = [];

    [Theory]
    [InlineData("NODENAME=r1@localhost", "r1@localhost")]
    [InlineData("RABBITMQ_NODENAME=r1@localhost", "r1@localhost")]
    [InlineData("export NODENAME=r1@localhost", "r1@localhost")]
    [InlineData("NODENAME=\"r1@localhost\" # ours", "r1@localhost")]
    [InlineData("NODENAME='r $1'", "r $1")]
    [InlineData("NODENAME=$HOME/x", "/home/u/x")]
    [InlineData("NODENAME=\"${HOME}y\"", "/home/uy")]
    [InlineData("BASE=b\nNODENAME=$RABBITMQ_BASE/$UNSET.", "b/.")]
    [InlineData("NODENAME=first\nNODENAME=second", "second")]
    public void A_line_sets_a_variable(string text, string value)
    {
        var variables = EnvironmentFile.Parse("env", text, n => n == "HOME" ? "/home/u" : null, _notes);
        Assert.Equal(value, variables["NODENAME"]);
        Assert.Empty(_notes);
    }

    [Fact]
    public void Shell_commands_are_skipped_with_a_warning()
    {
        var variables = EnvironmentFile.Parse("env", "# comment\nulimit -n 65536\nNODE_PORT=1", _ => null, _notes);
        Assert.Equal("1", variables["NODE_PORT"]);
        Assert.StartsWith("env:2: skipped", Assert.Single(_notes).Message, StringComparison.Ordinal);
    }
}
