using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>The cookie is made once, as Erlang makes it, and is refused when it is no secret.</summary>
public sealed class ErlangCookieTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-cookie-").FullName;

    private string Cookie => Path.Combine(_directory, "home", ".erlang.cookie");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_first_start_makes_it_and_the_next_ones_leave_it()
    {
        ErlangCookie.Prepare(Cookie, out _);
        Assert.Matches("^[A-Z]{20}$", File.ReadAllText(Cookie));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Cookie));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Cookie)!));
        string made = File.ReadAllText(Cookie);
        ErlangCookie.Prepare(Cookie, out _);
        Assert.Equal(made, File.ReadAllText(Cookie));
        File.Delete(Cookie);
        ErlangCookie.Prepare(Cookie, out _);
        Assert.NotEqual(made, File.ReadAllText(Cookie));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void One_that_others_may_use_stops_the_start(UnixFileMode more)
    {
        ErlangCookie.Prepare(Cookie, out _);
        File.SetUnixFileMode(Cookie, UnixFileMode.UserRead | more);
        string message = Assert.Throws<ConfigurationException>(() => ErlangCookie.Prepare(Cookie, out _)).Message;
        Assert.StartsWith(
            $"Cookie file {Cookie} must be accessible by owner only; it has mode 4", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("S\u00e9cret", false)]
    [InlineData("two\nlines", false)]
    [InlineData("\n", false)]
    [InlineData("my own secret\n", true)]
    public void What_is_no_line_of_text_is_no_cookie(string content, bool isOne)
    {
        ErlangCookie.Prepare(Cookie, out _);
        File.SetUnixFileMode(Cookie, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(Cookie, content);
        if (isOne)
            ErlangCookie.Prepare(Cookie, out _);
        else
            Assert.Throws<ConfigurationException>(() => ErlangCookie.Prepare(Cookie, out _));
    }

    [Fact]
    public async Task A_node_makes_it_in_its_home_and_refuses_one_that_is_open()
    {
        using var server = new ServerProcess();
        await server.StartUpAsync();
        string cookie = server.PathOf(".erlang.cookie");
        Assert.Equal(20, File.ReadAllText(cookie).Length);
        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.EndAsync());
        File.SetUnixFileMode(cookie, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        server.Errors.Clear();
        server.Start();
        Assert.Equal(1, await server.EndAsync());
        Assert.StartsWith(
            $"The node cannot start: Cookie file {cookie} must be accessible by owner only; it has mode 404. ",
            server.Errors.ToString(), StringComparison.Ordinal);
    }
}
