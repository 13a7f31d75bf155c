using System.Globalization;
using Warren.Micro;

// Compares the ways to guard a queue: micro [ROUNDS [MILLISECONDS]]. Prints a table in Markdown.
int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 9;
var length = TimeSpan.FromMilliseconds(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 300);
TimeSpan warmUp = length / 4;

Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds of {length.TotalMilliseconds} ms");
foreach (int messagesInRead in new[] { int.MaxValue, 1 })
{
    Console.WriteLine(messagesInRead == 1 ? "\nOne message in each read\n" : "\nReads of 64 KiB\n");
    Console.WriteLine(Comparison.Head);
    foreach (Scene scene in Scene.All)
    {
        foreach (int bodyBytes in new[] { 16, 1024 })
        {
            var comparison = new Comparison(scene, bodyBytes, messagesInRead);
            // Compiles everything before it counts.
            comparison.Run(1, warmUp, length);
            Console.WriteLine(comparison.Run(rounds, warmUp, length));
        }
    }
}
