using System.Security.Cryptography;
using System.Text;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Who links with whom, and what each side is told when they do not.</summary>
public sealed class HandshakeTests
{
    private readonly HandshakePair _pair = new();

    [Fact]
    public async Task Both_sides_know_who_the_other_is_and_agree_on_version_and_salts()
    {
        _pair.DialerOpening = new Opening(1, 3, LinkPurpose.Join);
        _pair.ListenerOpening = new Opening(2, 7, LinkPurpose.Peer);
        Task<HandshakeResult> dialing = _pair.Dial();
        Task<HandshakeResult> listening = _pair.Listen();
        _pair.Turns.Run();
        HandshakeResult atDialer = await dialing;
        HandshakeResult atListener = await listening;
        Assert.Equal(_pair.Listener, atDialer.Peer);
        Assert.Equal(_pair.Dialer, atListener.Peer);
        Assert.Equal((3, 3), (atDialer.Version, atListener.Version));
        Assert.Equal((LinkPurpose.Join, LinkPurpose.Join), (atDialer.Purpose, atListener.Purpose));
        Assert.Equal(atDialer.OutputSalt, atListener.InputSalt);
        Assert.Equal(atDialer.InputSalt, atListener.OutputSalt);
        Assert.NotEqual(atDialer.InputSalt, atDialer.OutputSalt);
    }

    [Fact]
    public async Task Proofs_and_salts_are_made_as_they_are_drawn()
    {
        List<byte[]> messages = [];
        _pair.DialerEnd.Written = _pair.ListenerEnd.Written = bytes => messages.Add(bytes.ToArray());
        Task<HandshakeResult> dialing = _pair.Dial();
        _ = _pair.Listen();
        _pair.Turns.Run();
        HandshakeResult result = await dialing;
        string[] labels = ["introduces", "answers", "decides", "decides"];
        Assert.Equal(2 + labels.Length, messages.Count);
        for (int index = 0; index < labels.Length; index++)
        {
            string label = $"warren {(index % 2 == 0 ? "dialer" : "listener")} {labels[index]}";
            byte[] message = messages[index + 2];
            byte[] before = [.. messages.Take(index + 2).SelectMany(bytes => bytes), .. message[..^32]];
            Assert.Equal(Proof(label, before), message[^32..]);
        }
        byte[] all = [.. messages.SelectMany(bytes => bytes)];
        Assert.Equal(BitConverter.ToUInt64(Proof("warren dialer salt", all)), result.OutputSalt);
        Assert.Equal(BitConverter.ToUInt64(Proof("warren listener salt", all)), result.InputSalt);
    }

    [Fact]
    public void No_common_version_is_named_on_both_sides_with_both_ranges()
    {
        _pair.DialerOpening = new Opening(1, 2, LinkPurpose.Peer);
        _pair.ListenerOpening = new Opening(3, 4, LinkPurpose.Peer);
        (Refusal? dialer, Refusal? listener) = _pair.Refusals();
        Assert.Equal(
            "this node speaks versions 1 to 2 of the peer protocol, the other versions 3 to 4: "
            + "upgrade in steps, so that neighbouring releases run side by side",
            dialer?.Sentence);
        Assert.Equal(RefusalCode.NoCommonVersion, listener?.Code);
        Assert.Contains("this node speaks versions 3 to 4", listener!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_cookie_is_named_on_both_sides()
    {
        _pair.DialerCookie = "ANOTHER";
        AssertBoth(
            RefusalCode.WrongCookie,
            "the two nodes have different cookies: "
            + "copy .erlang.cookie from one to the other, with mode 400, and restart that one");
    }

    [Fact]
    public void Two_clusters_are_named_on_both_sides()
    {
        var other = new Guid("c0000000-0000-0000-0000-000000000002");
        _pair.Dialer = _pair.Dialer with { ClusterId = other };
        AssertBoth(
            RefusalCode.WrongCluster,
            $"rabbit@b belongs to cluster {SimulatedWorld.Cluster}, rabbit@a to {other}: "
            + "nodes of two clusters do not link; reset one of them to let it join the other");
    }

    [Fact]
    public void A_node_without_a_cluster_is_told_to_join()
    {
        _pair.Dialer = _pair.Dialer with { ClusterId = Guid.Empty };
        AssertBoth(
            RefusalCode.WrongCluster,
            $"rabbit@a belongs to no cluster, rabbit@b to {SimulatedWorld.Cluster}: join_cluster first");
    }

    [Fact]
    public void Nodes_without_a_cluster_link_to_found_one_and_strangers_may_ask_to_join()
    {
        _pair.Dialer = _pair.Dialer with { ClusterId = Guid.Empty };
        _pair.Listener = _pair.Listener with { ClusterId = Guid.Empty };
        Assert.Equal((null, null), _pair.Refusals());
        var joining = new HandshakePair { DialerOpening = new Opening(1, 1, LinkPurpose.Join) };
        joining.Dialer = joining.Dialer with { ClusterId = Guid.NewGuid(), Generation = 9 };
        Assert.Equal((null, null), joining.Refusals());
        var command = new HandshakePair { DialerOpening = new Opening(1, 1, LinkPurpose.Command) };
        command.Dialer = command.Dialer with { NodeId = NodeId.None, ClusterId = Guid.Empty, Boot = 0 };
        Assert.Equal((null, null), command.Refusals());
    }

    [Fact]
    public void Generations_are_named_on_both_sides()
    {
        _pair.Listener = _pair.Listener with { Generation = 1 };
        AssertBoth(
            RefusalCode.WrongGeneration,
            "rabbit@b is of generation 1 of the cluster, rabbit@a of 0: it was begun anew by force_boot while one of "
            + "them was away; set the data of rabbit@a aside and join again");
    }

    [Fact]
    public void A_name_that_is_there_twice_is_named_on_both_sides()
    {
        _pair.Dialer = _pair.Dialer with { Name = _pair.Listener.Name };
        AssertBoth(
            RefusalCode.SameName,
            $"two nodes are called rabbit@b ({_pair.Listener.NodeId} and {_pair.Dialer.NodeId}): "
            + "give one another RABBITMQ_NODENAME");
    }

    [Fact]
    public void An_identity_that_is_there_twice_is_named_on_both_sides()
    {
        _pair.Dialer = _pair.Dialer with { NodeId = _pair.Listener.NodeId };
        AssertBoth(
            RefusalCode.SameIdentity,
            $"two running nodes, rabbit@b and rabbit@a, have one identity, {_pair.Listener.NodeId}: "
            + "a data directory was copied; stop the copy and remove its directory");
    }

    [Fact]
    public void A_node_that_dials_itself_is_told_so()
    {
        _pair.Dialer = _pair.Listener;
        AssertBoth(RefusalCode.Itself, "the address leads to rabbit@b itself");
    }

    [Theory]
    [InlineData(5, 50, 6, 50)]
    [InlineData(7, 40, 6, 50)]
    public void A_directory_that_went_back_in_time_is_named_on_both_sides(
        long boot, long durableLsn, long seenBoot, long seenLsn)
    {
        _pair.Dialer = _pair.Dialer with { Boot = boot, DurableLsn = durableLsn };
        _pair.SeenByListener = new PeerRecord(seenBoot, 77, seenLsn);
        AssertBoth(
            RefusalCode.WentBack,
            $"the data directory of rabbit@a went back in time: it is at boot {boot}, LSN {durableLsn}, and was seen "
            + $"at boot {seenBoot}, LSN {seenLsn}: it was restored from a copy; force_reset it and let it join again");
    }

    [Fact]
    public void A_copy_at_the_same_boot_is_found_and_a_running_process_is_not_taken_for_one()
    {
        _pair.SeenByListener = new PeerRecord(_pair.Dialer.Boot, 77, 0);
        Assert.Equal(RefusalCode.SameIdentity, _pair.Refusals().Listener?.Code);
        // Its last heartbeat may be younger than what it says here.
        var same = new HandshakePair();
        same.SeenByListener = new PeerRecord(same.Dialer.Boot, same.Dialer.Process, 1000);
        Assert.Equal((null, null), same.Refusals());
    }

    [Fact]
    public void A_blank_node_that_has_started_again_is_no_copy()
    {
        // No log counts its starts.
        _pair.Dialer = _pair.Dialer with { Boot = 0, DurableLsn = 0 };
        _pair.SeenByListener = new PeerRecord(0, 77, 0);
        Assert.Equal((null, null), _pair.Refusals());
    }

    [Fact]
    public void What_the_owner_says_is_told_on_both_sides()
    {
        var reason = new Refusal(RefusalCode.Forgotten, "rabbit@a was removed from the cluster");
        _pair.ListenerSettles = (_, _) => reason;
        Assert.Equal((reason, reason), _pair.Refusals());
    }

    [Fact]
    public void A_sentence_is_cut_at_the_limit_and_cannot_write_on_a_terminal()
    {
        var reason = new Refusal(RefusalCode.Declined, "\u001b[2J" + new string('é', 400));
        _pair.ListenerSettles = (_, _) => reason;
        Refusal? told = _pair.Refusals().Dialer;
        Assert.Equal(" [2J" + new string('é', 254), told?.Sentence);
    }

    // Without the code under test.
    private static byte[] Proof(string label, byte[] said)
    {
        byte[] message = [.. Encoding.ASCII.GetBytes(label.PadRight(32, '\0')), .. SHA256.HashData(said)];
        return HMACSHA256.HashData("COOKIE"u8.ToArray(), message);
    }

    private void AssertBoth(RefusalCode code, string sentence)
    {
        var expected = new Refusal(code, sentence);
        Assert.Equal((expected, expected), _pair.Refusals());
    }
}
