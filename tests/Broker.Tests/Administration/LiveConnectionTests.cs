using Warren.Amqp;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Administration;

/// <summary>What the operator's changes mean to clients that are there.</summary>
public sealed class LiveConnectionTests
{
    [Fact]
    public async Task The_connections_of_a_user_who_is_deleted_are_closed_and_no_others()
    {
        await using var host = new BrokerHost();
        await AddUserAsync(host, "u", "/");
        Link theirs = await host.ConnectAsync(new Login { User = "u", Password = "p" });
        Link others = await host.ConnectAsync();
        await host.Broker.Administration.Users.DeleteAsync("u");
        Received close = await theirs.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.Equal("320 CONNECTION_FORCED - user 'u' is deleted", close.CloseReason);
        await others.Client.OpenChannelAsync(1);
    }

    [Fact]
    public async Task The_connections_of_a_vhost_that_is_deleted_are_closed_and_no_others()
    {
        await using var host = new BrokerHost();
        await host.Broker.Administration.Vhosts.AddAsync("v");
        await AddUserAsync(host, "u", "v");
        Link inside = await host.ConnectWithChannelAsync(new Login { User = "u", Password = "p", Vhost = "v" });
        await inside.Client.DeclareAsync(1, "q");
        await inside.Client.ConsumeAsync(1, "q");
        Link outside = await host.ConnectAsync();
        await host.Broker.Administration.Vhosts.DeleteAsync("v");
        Received close = await inside.Client.NextAsync();
        // Its queue goes first, and says so.
        if (close.Method == MethodId.BasicCancel)
            close = await inside.Client.NextAsync();
        Assert.Equal("320 CONNECTION_FORCED - vhost 'v' is deleted", close.CloseReason);
        await outside.Client.OpenChannelAsync(1);
        Assert.Equal(
            "530 NOT_ALLOWED - vhost v not found",
            await RefusalAsync(host, new Login { User = "u", Password = "p", Vhost = "v" }));
    }

    [Fact]
    public async Task Rights_change_under_an_open_channel()
    {
        await using var host = new BrokerHost();
        await AddUserAsync(host, "u", "/");
        Link link = await host.ConnectWithChannelAsync(new Login { User = "u", Password = "p" });
        await link.Client.DeclareAsync(1, "q");
        await host.Broker.Administration.Permissions.SetAsync("u", "/", "^other", "", "");
        Received close = await link.Client.CallAsync(
            1, new QueueDelete("q", false, false, false), MethodId.ChannelClose);
        Assert.Equal(
            "403 ACCESS_REFUSED - configure access to queue 'q' in vhost '/' refused for user 'u'", close.CloseReason);
        await host.Broker.Administration.Permissions.ClearAsync("u", "/");
        Assert.Equal(
            "530 NOT_ALLOWED - access to vhost '/' refused for user 'u'",
            await RefusalAsync(host, new Login { User = "u", Password = "p" }));
    }

    [Fact]
    public async Task Limits_of_now_count_and_not_those_of_the_login()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await host.Broker.Administration.Users.SetLimitsAsync(
            "guest", Fields.Of(("max-channels", 1), ("max-connections", 1)));
        Assert.Equal(
            "530 NOT_ALLOWED - connection refused for user 'guest': user connection limit (1) is reached",
            await RefusalAsync(host, new Login()));
        Received close = await link.Client.CallAsync(2, new ChannelOpen(), MethodId.ConnectionClose);
        Assert.Equal(
            "530 NOT_ALLOWED - number of channels opened for user 'guest' has reached the maximum allowed user limit "
            + "of (1)",
            close.CloseReason);
        await link.CutAsync();
        await host.Broker.Administration.Users.ClearLimitsAsync("guest", "all");
        await host.ConnectWithChannelAsync();
        Link second = await host.ConnectWithChannelAsync();
        await host.Broker.Administration.Vhosts.SetLimitsAsync("/", Fields.Of(("max-connections", 2)));
        Assert.Equal(
            "530 NOT_ALLOWED - access to vhost '/' refused for user 'guest': connection limit (2) is reached",
            await RefusalAsync(host, new Login()));
        await host.Broker.Administration.Vhosts.SetLimitsAsync("/", Fields.Of(("max-queues", 0)));
        Assert.Equal(
            "406 PRECONDITION_FAILED - cannot declare queue 'q': queue limit in vhost '/' (0) is reached",
            (await second.Client.CallAsync(
                1, new QueueDeclare("q", false, false, false, false, false, FieldTable.Empty),
                MethodId.ChannelClose)).CloseReason);
    }

    [Fact]
    public async Task A_changed_password_is_for_logins_to_come()
    {
        await using var host = new BrokerHost();
        await AddUserAsync(host, "u", "/");
        Link link = await host.ConnectAsync(new Login { User = "u", Password = "p" });
        await host.Broker.Administration.Users.ChangePasswordAsync("u", "new");
        await link.Client.OpenChannelAsync(1);
        await host.ConnectAsync(new Login { User = "u", Password = "new" });
    }

    /// <summary>
    /// Users log in while they are deleted: none of them is left with an open connection, whichever came first.
    /// </summary>
    [Fact]
    public async Task Nobody_slips_in_while_the_user_goes()
    {
        await using var host = new BrokerHost();
        for (int round = 0; round < 50; round++)
        {
            string name = $"u{round}";
            await AddUserAsync(host, name, "/");
            var login = new Login { User = name, Password = "p" };
            Link link = host.Open();
            await link.Client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
            await link.Client.ExpectAsync(MethodId.ConnectionStart);
            await link.Client.CallAsync(0, WireClient.StartOk(login), MethodId.ConnectionTune);
            link.Client.Add(0, new ConnectionTuneOk(10, 4096, 0)).Add(0, new ConnectionOpen("/"));
            Task deleting = host.Broker.Administration.Users.DeleteAsync(name);
            if (round % 2 == 0)
                await deleting;
            await link.Client.FlushAsync();
            await deleting;
            Received answer = await link.Client.NextAsync();
            if (answer.Method == MethodId.ConnectionOpenOk)
                answer = await link.Client.NextAsync();
            Assert.Contains(
                answer.CloseReason,
                (string[])[
                    $"320 CONNECTION_FORCED - user '{name}' is deleted",
                    $"530 NOT_ALLOWED - access to vhost '/' refused for user '{name}'"]);
            await link.CutAsync();
        }
    }

    private static async Task AddUserAsync(BrokerHost host, string name, string vhost)
    {
        await host.Broker.Administration.Users.AddAsync(name, "p");
        await host.Broker.Administration.Permissions.SetAsync(name, vhost, ".*", ".*", ".*");
    }

    private static async Task<string> RefusalAsync(BrokerHost host, Login login)
    {
        Link link = host.Open();
        await link.Client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionStart);
        await link.Client.CallAsync(0, WireClient.StartOk(login), MethodId.ConnectionTune);
        link.Client.Add(0, new ConnectionTuneOk(10, 4096, 0));
        string reason = (await link.Client.CallAsync(
            0, new ConnectionOpen(login.Vhost), MethodId.ConnectionClose)).CloseReason;
        await link.CutAsync();
        return reason;
    }
}
