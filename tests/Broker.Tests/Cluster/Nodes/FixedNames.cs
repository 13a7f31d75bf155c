using System.Runtime.CompilerServices;
using Warren.Broker.Topology;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Names hash the same in every process, so that a seed does the same wherever it is run.</summary>
internal static class FixedNames
{
    [ModuleInitializer]
    internal static void UseSeed() => NameHash.UseSeed(1);
}
