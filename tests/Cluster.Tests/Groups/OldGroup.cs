using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A group as it was written before there was consensus: no state, no terms, live entries only.</summary>
internal static class OldGroup
{
    public static FaultyDisk Make(NodeLogOptions options, KeyTruth truth, Random random)
    {
        var disk = new FaultyDisk();
        var owner = new Nobody();
        NodeLog log = StorageDirectory.Open(disk, options, owner, static (_, _) => { }, static () => { });
        LogGroup group = log.OpenGroup(GroupNode.Group, owner);
        var keys = new Dictionary<byte, long>();
        long last = 5 + random.Next(30);
        for (long index = 1; index <= last; index++)
        {
            byte key = (byte)random.Next(10);
            bool isSet = random.Next(4) != 0;
            byte[] body = new byte[isSet ? random.Next(80) : 0];
            random.NextBytes(body);
            byte[] meta = [isSet ? KeyMachine.Set : KeyMachine.Remove, key];
            IndexRange[] releases = keys.Remove(key, out long before)
                ? [new IndexRange(new LogIndex(before), new LogIndex(before))]
                : [];
            group.Append(new NewEntry
            {
                Index = new LogIndex(index),
                Meta = isSet ? meta : default,
                Body = body,
                Releases = releases,
                IsKept = isSet,
            });
            if (isSet)
                keys.Add(key, index);
            truth.Begins(new LogIndex(index), meta, KeyMachine.HashOf(meta, body));
            if (random.Next(4) == 0)
                log.CommitRound();
        }
        while (log.CommitRound() == CommitOutcome.Committed)
            continue;
        return disk.CrashProcess();
    }

    private sealed class Nobody : IGroupOwner, IStorageWatcher
    {
        public void Durable(Lsn lsn)
        {
        }

        public void Moved(MovedEntries moves) => moves.Complete();

        public void SpaceChanged(bool isExhausted, string message)
        {
        }

        public void Failed(StorageFailedException error) => throw error;

        public void Damaged(string message) => throw new InvalidOperationException(message);
    }
}
