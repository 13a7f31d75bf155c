using System.Buffers.Binary;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>What comes to an open port: pieces, garbage, what others once said.</summary>
public sealed class HostileHandshakeTests
{
    private readonly HandshakePair _pair = new();

    [Fact]
    public void The_cookie_is_never_on_the_wire()
    {
        string cookie = "QWERTYUIOPASDFGHJKLZ";
        _pair.DialerCookie = _pair.ListenerCookie = cookie;
        List<byte> wire = [];
        _pair.DialerEnd.Written = _pair.ListenerEnd.Written = bytes => wire.AddRange(bytes.Span);
        Assert.Equal((null, null), _pair.Refusals());
        Assert.Equal(-1, wire.ToArray().AsSpan().IndexOf(WireClient.Bytes(cookie)));
    }

    [Fact]
    public void A_stranger_gets_nothing_that_depends_on_the_cookie()
    {
        List<byte> told = [];
        _pair.ListenerEnd.Written = bytes => told.AddRange(bytes.Span);
        _pair.DialerCookie = "ANOTHER";
        _pair.Refusals();
        // The magic number, the opening, and a refusal by number alone: no name, no identity, no proof.
        const int OpeningBytes = 8 + HandshakeStream.HeaderBytes + Opening.SizeBytes;
        Assert.Equal(OpeningBytes + HandshakeStream.HeaderBytes + 4, told.Count);
        Assert.Equal([5, 4, 0, 3, 0, 0, 0], told[OpeningBytes..]);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("AMQP\0\0\u0009\u0001")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc")]
    [InlineData("WARREN\u00f7\u0002")]
    public void What_is_no_handshake_is_named(string text)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(text);
        Assert.Equal(RefusalText.NotOurs, SendToListener(bytes));
    }

    [Fact]
    public void Any_beginning_of_a_handshake_ends_without_harm_when_the_stream_does()
    {
        byte[] whole = DialersWords();
        for (int count = 0; count < whole.Length; count++)
        {
            var pair = new HandshakePair();
            // From its proof on it is no more than a replay.
            Assert.Contains(
                SendToListener(whole.AsSpan(0, count).ToArray(), pair, thenEnd: true),
                new[] { RefusalText.Ended, RefusalText.WrongCookie });
        }
    }

    [Fact]
    public void A_message_longer_than_the_limit_is_not_read()
    {
        byte[] message = [.. HandshakeStream.Magic, 1, 0x01, 0x04];
        Assert.Equal(RefusalText.TooLong(1025), SendToListener(message));
    }

    [Fact]
    public void A_message_out_of_turn_is_refused()
    {
        byte[] message = [.. HandshakeStream.Magic, 2, 0, 0];
        Assert.Equal(
            RefusalText.Unexpected(HandshakeType.Opening, HandshakeType.Introduction), SendToListener(message));
    }

    [Fact]
    public void Each_bit_of_what_the_dialer_says_counts()
    {
        byte[] whole = DialersWords();
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            int bit = random.Next(whole.Length * 8);
            var pair = new HandshakePair();
            int at = 0;
            pair.DialerEnd.Written = _ => { };
            Task<HandshakeResult> listening = pair.Listen();
            Task<HandshakeResult> dialing = new Handshake(
                new FlippingStream(pair.DialerEnd, bit, () => at, count => at += count),
                WireClient.Bytes("COOKIE"), pair.Dialer, pair.DialerOpening).DialAsync((_, _) => null);
            pair.Turns.Run();
            pair.DialerEnd.Dispose();
            pair.ListenerEnd.Dispose();
            pair.Turns.Run();
            Assert.NotNull(HandshakePair.RefusalOf(listening));
            Assert.NotNull(HandshakePair.RefusalOf(dialing));
        }
    }

    [Fact]
    public void What_was_said_once_is_of_no_use_again()
    {
        Assert.Equal(RefusalText.WrongCookie, SendToListener(DialersWords(), thenEnd: true));
    }

    [Fact]
    public void A_listener_that_answers_with_the_dialers_own_words_is_refused()
    {
        // It has no cookie: whatever comes, it sends back, with the types that are expected of it.
        Task<HandshakeResult> dialing = _pair.Dial();
        Reflect(2);
        _pair.Turns.Run();
        Assert.Equal(RefusalText.WrongCookie, HandshakePair.RefusalOf(dialing));
    }

    [Fact]
    public void A_refusal_without_proof_is_not_believed_in_its_own_words()
    {
        Task<HandshakeResult> dialing = _pair.Dial();
        byte[] refusal = [.. HandshakeStream.Magic, 5, 9, 0, 3, 0, 5, 0, .. "knock"u8];
        Write(_pair.ListenerEnd, refusal);
        _pair.Turns.Run();
        Assert.Equal(RefusalText.WrongCookie, HandshakePair.RefusalOf(dialing));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    public void Ranges_of_versions_that_cannot_be_are_refused(ushort lowest, ushort highest)
    {
        byte[] opening = new byte[Opening.SizeBytes];
        new Opening(lowest, highest, LinkPurpose.Peer).Write(opening, new byte[32]);
        byte[] message = [.. HandshakeStream.Magic, 1, Opening.SizeBytes, 0, .. opening];
        Assert.Equal(RefusalText.Unreadable, SendToListener(message));
    }

    // What a dialer with the right cookie once said to a listener.
    private static byte[] DialersWords()
    {
        var pair = new HandshakePair();
        List<byte> words = [];
        pair.DialerEnd.Written = bytes => words.AddRange(bytes.Span);
        Assert.Equal((null, null), pair.Refusals());
        return [.. words];
    }

    private Refusal? SendToListener(byte[] bytes, HandshakePair? other = null, bool thenEnd = false)
    {
        HandshakePair pair = other ?? _pair;
        Task<HandshakeResult> listening = pair.Listen();
        Write(pair.DialerEnd, bytes);
        pair.Turns.Run();
        if (thenEnd)
        {
            pair.DialerEnd.Dispose();
            pair.Turns.Run();
        }
        return HandshakePair.RefusalOf(listening);
    }

    private void Reflect(int messages)
    {
        byte[] buffer = new byte[4096];
        byte expectedType = 1;
        for (int message = 0; message < messages; message++)
        {
            Task<int> reading = _pair.ListenerEnd.ReadAsync(buffer).AsTask();
            _pair.Turns.Run();
            int count = reading.Result;
            int header = message == 0 ? HandshakeStream.Magic.Length : 0;
            buffer[header] = expectedType;
            expectedType = 3;
            Assert.Equal(
                count - header - HandshakeStream.HeaderBytes,
                BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(header + 1)));
            Write(_pair.ListenerEnd, buffer[..count]);
            _pair.Turns.Run();
        }
    }

    private static void Write(Stream stream, byte[] bytes) =>
        Assert.True(stream.WriteAsync(bytes).AsTask().IsCompletedSuccessfully);

    /// <summary>Turns one bit of all that is written.</summary>
    private sealed class FlippingStream(Stream inner, int bit, Func<int> at, Action<int> moved) : AsyncOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            byte[] bytes = buffer.ToArray();
            int place = (bit / 8) - at();
            if (place >= 0 && place < bytes.Length)
                bytes[place] ^= (byte)(1 << (bit % 8));
            moved(bytes.Length);
            return inner.WriteAsync(bytes, cancellationToken);
        }
    }
}
