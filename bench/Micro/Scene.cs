namespace Warren.Micro;

/// <summary>What is connected to what.</summary>
/// <param name="Name">How the table calls it.</param>
/// <param name="Queues">How many queues there are.</param>
/// <param name="Producers">How many producers; producer n publishes to queue n mod the number of queues.</param>
/// <param name="Consumers">How many consumers, likewise.</param>
/// <param name="FanOut">Whether every producer publishes to all queues instead.</param>
internal sealed record Scene(string Name, int Queues, int Producers, int Consumers, bool FanOut = false)
{
    internal static IReadOnlyList<Scene> All { get; } =
    [
        new("1 queue, 1p 1c", 1, 1, 1),
        new("1 queue, 4p 4c", 1, 4, 4),
        new("100 queues, 1p 1c each", 100, 100, 100),
        new("fan-out to 50", 50, 1, 50, FanOut: true),
    ];
}
