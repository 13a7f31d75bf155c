using System.Diagnostics;

namespace Warren.Compare;

/// <summary>The node built from this repository, or any other given by its path.</summary>
internal class WarrenBroker(string executable, string directory, int port)
    : BrokerProcess("Warren", directory, port)
{
    protected override void Describe(ProcessStartInfo start)
    {
        start.FileName = executable;
        SetEnvironment(start, "bench-warren@localhost");
    }
}
