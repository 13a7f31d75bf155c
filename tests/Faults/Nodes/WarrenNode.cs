using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Warren.Faults.Nodes;

/// <summary>A Warren node, on a port that the system chooses at every start.</summary>
internal sealed partial class WarrenNode : NodeProcess
{
    /// <param name="configuration">The text of its rabbitmq.conf.</param>
    /// <param name="directory">Its directory; null makes one.</param>
    public WarrenNode(string configuration = "", string? directory = null)
        : base(directory)
    {
        File.WriteAllText(Path.Combine(Root, "rabbitmq.conf"), configuration);
    }

    protected override IPEndPoint Place
    {
        get
        {
            Match match = ConnectTo().Match(Printed);
            return new IPEndPoint(
                IPAddress.Parse(match.Groups["address"].Value),
                int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture));
        }
    }

    protected override void Describe(ProcessStartInfo start)
    {
        start.FileName = "dotnet";
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "warren.dll"));
        SetPlaces(start);
        start.Environment["RABBITMQ_NODE_PORT"] = "0";
        start.Environment["RABBITMQ_RUN_DIR"] = Path.Combine(Root, "run");
    }

    protected override bool HasStarted(string printed) =>
        printed.Contains("completed start-up.", StringComparison.Ordinal) && ConnectTo().IsMatch(printed);

    [GeneratedRegex("connect to +amqp://[^@]*@(?<address>[0-9.]+):(?<port>[0-9]+)/")]
    private static partial Regex ConnectTo();
}
