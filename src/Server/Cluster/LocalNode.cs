using Warren.Cluster;

namespace Warren.Server.Cluster;

/// <summary>A node of this machine, as its entry in the <see cref="LocalRegistry"/> tells.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Host">The address that it listens on; empty: all.</param>
/// <param name="Port">Its peer port.</param>
/// <param name="ProcessId">Of its process.</param>
/// <param name="StartedAt">When that began, in the kernel's ticks since the machine's start; 0: not known.</param>
internal sealed record LocalNode(NodeName Name, string Host, int Port, int ProcessId, long StartedAt);
