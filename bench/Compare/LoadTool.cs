using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Compare;

/// <summary>
/// Runs the load tool in a process of its own and reads its line of JSON. In a command, {seconds} stands for the
/// measured time, other names for what the broker knows.
/// </summary>
internal sealed class LoadTool(string assembly, double seconds, double warmUpSeconds, bool raw)
{
    internal Reading Run(Broker broker, string command)
    {
        string arguments = Complete(broker, command);
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

    private string Complete(Broker broker, string command)
    {
        string complete = broker.Complete(command)
            .Replace("{seconds}", seconds.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        if (complete.StartsWith("floor ", StringComparison.Ordinal))
            return complete; // of the disk, not of the broker
        // A run of so many messages, or one that drains what waits, ends by itself.
        bool timed = (complete.StartsWith("run ", StringComparison.Ordinal) ||
                complete.StartsWith("churn ", StringComparison.Ordinal)) &&
            !complete.Contains("--messages ", StringComparison.Ordinal) &&
            !complete.Contains("--producers 0 ", StringComparison.Ordinal);
        if (timed)
            complete += string.Create(CultureInfo.InvariantCulture,
                $" --seconds {seconds} --warm-up {warmUpSeconds}");
        if (timed && complete.StartsWith("run ", StringComparison.Ordinal))
            complete += " --drain 30";
        string disk = complete.StartsWith("run", StringComparison.Ordinal) ? $" --disk {broker.DataDirectory}" : "";
        if (!complete.Contains(" --uri ", StringComparison.Ordinal))
            complete += $" --uri {broker.Address}";
        if (!complete.Contains(" --pid ", StringComparison.Ordinal))
            complete += $" --pid {broker.ProcessId}";
        return complete + disk;
    }
}
