using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class EnabledPluginsTests
{
    [Theory]
    [InlineData("[rabbitmq_management,rabbitmq_prometheus].", "rabbitmq_management rabbitmq_prometheus")]
    [InlineData("%% ours\n[rabbitmq_top, % one\n 'rabbitmq_prometheus' ] .\n", "rabbitmq_top rabbitmq_prometheus")]
    [InlineData("[rabbitmq_top].", "rabbitmq_top")]
    [InlineData("[].", "")]
    public void The_file_is_a_list_of_names(string text, string names) =>
        Assert.Equal(names, string.Join(' ', EnabledPlugins.Parse("enabled_plugins", text)));

    [Theory]
    [InlineData("")]
    [InlineData("[rabbitmq_top]")]
    [InlineData("rabbitmq_top.")]
    [InlineData("[a b].")]
    [InlineData("[a,,b].")]
    public void Anything_else_stops_the_start(string text)
    {
        var error = Assert.Throws<ConfigurationException>(() => EnabledPlugins.Parse("enabled_plugins", text));
        Assert.StartsWith("enabled_plugins:1: expected", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rabbitmq_random_exchange", null)]
    [InlineData("rabbitmq_management", "not built yet")]
    [InlineData("rabbitmq_managment", "nearest known name: rabbitmq_management")]
    public void A_name_without_function_is_noted(string name, string? message)
    {
        var note = EnabledPlugins.NoteOn("enabled_plugins", name);
        if (message is null)
            Assert.Null(note);
        else
            Assert.Contains(message, note!.Message, StringComparison.Ordinal);
    }
}
