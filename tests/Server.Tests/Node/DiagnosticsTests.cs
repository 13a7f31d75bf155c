using Warren.Server.Control;
using Xunit;

namespace Warren.Server.Tests.Node;

public sealed class DiagnosticsTests
{
    [Theory]
    [InlineData("RABBITMQ_NODENAME", true)]
    [InlineData("RABBITMQ_DEFAULT_USER", true)]
    [InlineData("RABBITMQ_DEFAULT_PASS", false)]
    [InlineData("RABBITMQ_ERLANG_COOKIE", false)]
    [InlineData("HOME", false)]
    public void No_secret_is_among_the_variables_that_are_shown(string variable, bool isShown) =>
        Assert.Equal(isShown, Diagnostics.IsShown(variable));
}
