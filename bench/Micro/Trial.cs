using System.Diagnostics;

namespace Warren.Micro;

/// <summary>One run of one scene under one guard, from nothing to the last delivery.</summary>
internal sealed class Trial
{
    private readonly List<Producer> _producers = [];
    private readonly List<Consumer> _consumers = [];
    private readonly int _copies;

    internal Trial(Scene scene, Guard guard, int bodyBytes, int messagesInRead)
    {
        Queue[] queues = [.. Enumerable.Range(0, scene.Queues).Select(_ => Queue.Create(guard))];
        _copies = scene.FanOut ? scene.Queues : 1;
        for (int i = 0; i < scene.Consumers; i++)
        {
            var consumer = new Consumer(queues[i % queues.Length]);
            queues[i % queues.Length].Attach(consumer);
            _consumers.Add(consumer);
        }

        for (int i = 0; i < scene.Producers; i++)
        {
            Queue[] targets = scene.FanOut ? queues : [queues[i % queues.Length]];
            _producers.Add(new Producer(targets, bodyBytes, messagesInRead));
        }
    }

    private long Delivered => _consumers.Sum(consumer => consumer.Delivered);

    /// <summary>Deliveries a second, and processor time a delivery.</summary>
    internal (double Rate, double CpuNanoseconds) Run(TimeSpan warmUp, TimeSpan length)
    {
        using var never = new ManualResetEventSlim(false);
        using Process self = Process.GetCurrentProcess();
        _producers.ForEach(producer => producer.Start());
        never.Wait(warmUp);
        long before = Delivered;
        TimeSpan cpuBefore = Cpu(self);
        long begun = Stopwatch.GetTimestamp();
        never.Wait(length);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        double delivered = Delivered - before;
        double cpuSeconds = (Cpu(self) - cpuBefore).TotalSeconds;
        _producers.ForEach(producer => producer.Stop());
        AwaitAll(never);
        return (delivered / seconds, cpuSeconds * 1e9 / delivered);
    }

    // A guard that loses or doubles a message would otherwise look quick.
    private void AwaitAll(ManualResetEventSlim never)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (Delivered == _producers.Sum(producer => producer.Published) * _copies)
            {
                never.Wait(5);
                return;
            }

            never.Wait(5);
        }

        long published = _producers.Sum(producer => producer.Published);
        throw new InvalidOperationException($"{Delivered} delivered of {published} published to {_copies} queues each");
    }

    private static TimeSpan Cpu(Process self)
    {
        self.Refresh();
        return self.TotalProcessorTime;
    }
}
