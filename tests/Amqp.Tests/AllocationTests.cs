using Xunit;

namespace Warren.Amqp.Tests;

/// <summary>A message goes through the wire without a byte of garbage.</summary>
public class AllocationTests
{
    private readonly byte[] _output = new byte[1024];
    private readonly byte[] _publish = new byte[256];
    private readonly byte[] _properties;

    public AllocationTests()
    {
        FrameWriter.WriteMethod(_publish, 1, new BasicPublish("exchange", "routing.key", true, false));
        _properties = new BasicProperties
        {
            ContentType = "text/plain",
            Headers = new FieldTable { ["a"] = FieldValue.Of(1), ["CC"] = FieldValue.Of("other") },
            DeliveryMode = 2,
            CorrelationId = "c",
            ReplyTo = "r",
        }.ToArray();
    }

    [Fact]
    public void Publish_and_deliver_allocate_nothing()
    {
        PublishAndDeliver();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            PublishAndDeliver();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void PublishAndDeliver()
    {
        if (FrameReader.TryRead(_publish, 4096, out var frame) != FrameStatus.Complete)
            throw new InvalidOperationException("The frame is whole.");
        var reader = new WireReader(frame.Payload);
        if (reader.ReadLong() != MethodId.BasicPublish)
            throw new InvalidOperationException("The method is basic.publish.");
        var publish = BasicPublish.Read(ref reader);
        var properties = PropertiesView.Parse(_properties);
        if (!properties.IsPersistent || properties.TryFindHeader("x-delay"u8, out _))
            throw new InvalidOperationException("The properties are those of the message.");

        var deliver = new BasicDeliver("amq.ctag-1"u8, 1, false, publish.Exchange, publish.RoutingKey);
        var sizeBytes = FrameWriter.WriteMethod(_output, 1, deliver);
        sizeBytes += FrameWriter.WriteHeader(_output.AsSpan(sizeBytes), 1, 60, 2, _properties);
        FrameWriter.WriteBody(_output.AsSpan(sizeBytes), 1, "hi"u8);
    }
}
