using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Compare;

/// <summary>Runs the load tool in a process of its own and reads its line of JSON.</summary>
internal sealed class LoadTool(string assembly, double seconds, double warmUpSeconds, bool raw)
{
    internal Reading Run(Broker broker, string command)
    {
        string times = command.StartsWith("run ", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $" --seconds {seconds} --warm-up {warmUpSeconds} --drain 30")
            : "";
        string arguments = $"{command}{times} --uri {broker.Address} --pid {broker.ProcessId}";
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(assembly);
        foreach (string argument in arguments.Split(' '))
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start) ?? throw new IOException("the load tool could not be started");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (raw)
            Console.Error.WriteLine($"{broker.Name}: {command}\n{output.TrimEnd()}");
        return output.StartsWith('{')
            ? Reading.From(JsonNode.Parse(output)!)
            : throw new IOException($"the load tool ended with {process.ExitCode}: {arguments}");
    }
}
