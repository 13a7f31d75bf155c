using Warren.Broker.Administration;
using Warren.Broker.Tests.Definitions;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Administration;

/// <summary>A node on one thread, and operations on it that are waited for.</summary>
internal sealed class AdministrationNode : IDisposable
{
    public AdministrationNode(IDisk? disk = null, BrokerOptions? options = null)
    {
        Node = new DefinitionsNode(disk ?? new MemoryDisk(), options);
        Node.Commit();
    }

    public DefinitionsNode Node { get; }

    public BrokerAdministration Operator => Node.Broker.Administration;

    /// <summary>Must succeed, and must not before it is durable.</summary>
    public void Do(Func<BrokerAdministration, Task> operation)
    {
        Task task = Begin(operation, out bool wasEarly);
        Assert.False(wasEarly, "done before it was durable");
        Assert.True(task.IsCompletedSuccessfully, task.Exception?.InnerException?.Message);
    }

    /// <summary>Must succeed, and must find nothing to do.</summary>
    public void DoNothing(Func<BrokerAdministration, Task> operation)
    {
        Node.Commit();
        long before = Node.Log.WrittenBytes;
        Task task = Begin(operation, out bool wasEarly);
        Assert.True(wasEarly, "waited for something");
        Assert.True(task.IsCompletedSuccessfully, task.Exception?.InnerException?.Message);
        Assert.Equal(before, Node.Log.WrittenBytes);
    }

    /// <summary>Must be refused, and change nothing.</summary>
    public AdministrationException Refused(Func<BrokerAdministration, Task> operation)
    {
        string before = Node.Text;
        Task task = Begin(operation, out _);
        Assert.True(task.IsFaulted, "not refused");
        Assert.Equal(before, Node.Text);
        return Assert.IsType<AdministrationException>(task.Exception.InnerException);
    }

    public void Dispose() => Node.Dispose();

    private Task Begin(Func<BrokerAdministration, Task> operation, out bool wasEarly)
    {
        Task task = operation(Operator);
        Node.Run();
        wasEarly = task.IsCompletedSuccessfully;
        Node.Commit();
        return task;
    }
}
