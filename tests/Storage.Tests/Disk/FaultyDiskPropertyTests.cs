using Xunit;

namespace Warren.Storage.Disk;

/// <summary>
/// Random changes, crashed before each one in every mode. A model knows for every byte the values that it may have, and
/// for every file the sizes, since the last sync; all that is found must be among them.
/// </summary>
public sealed class FaultyDiskPropertyTests
{
    private const int FileBytes = 6000;
    private const int Steps = 120;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_crash_finds_only_what_may_be_there(int seed)
    {
        var random = new Random(seed);
        var disk = new FaultyDisk { NamesSurviveApart = seed % 2 == 0 };
        var files = Enumerable.Range(0, 3).Select(i => new ModelFile(disk, $"f{i}")).ToList();
        for (var step = 0; step < Steps; step++)
        {
            files[random.Next(files.Count)].Change(random);
            foreach (var mode in Enum.GetValues<CrashMode>())
            {
                var found = disk.PeekCrash(random, mode);
                Assert.All(files, file => file.Check(found, $"seed {seed}, step {step}, {mode}"));
            }
            var alive = disk.PeekCrashProcess();
            Assert.All(files, file => Assert.Equal(file.Seen, alive.ReadAll(file.Path)));
            Assert.All(files, file => Assert.Equal(file.Seen, disk.ReadAll(file.Path)));
            if (random.Next(20) == 0)
            {
                var isPowerCut = random.Next(2) == 0;
                disk = isPowerCut ? disk.Crash(random) : disk.CrashProcess();
                files.ForEach(file => file.Reopen(disk, isPowerCut));
            }
        }
    }

    [Fact]
    public void The_same_seeds_give_the_same_bytes()
    {
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }

    [Fact]
    public void Copies_of_pages_are_apart()
    {
        var random = new Random(1);
        var copies = new List<(PagedBytes Pages, byte[] Bytes)> { (new PagedBytes(), []) };
        for (var step = 0; step < 2000; step++)
        {
            var index = random.Next(copies.Count);
            var (pages, bytes) = copies[index];
            var offset = random.Next(400_000);
            if (random.Next(10) == 0)
            {
                var clone = (pages.Clone(), (byte[])bytes.Clone());
                if (copies.Count < 6)
                    copies.Add(clone);
                else
                    copies[random.Next(copies.Count)] = clone;
            }
            else if (random.Next(10) == 0)
            {
                pages.SetLength(offset);
                Array.Resize(ref bytes, offset);
                copies[index] = (pages, bytes);
            }
            else
            {
                var written = DiskBytes.Repeat((byte)step, random.Next(1, 3000));
                pages.Write(offset, written);
                Array.Resize(ref bytes, Math.Max(bytes.Length, offset + written.Length));
                written.CopyTo(bytes, offset);
                copies[index] = (pages, bytes);
            }
            var (checkedPages, expected) = copies[random.Next(copies.Count)];
            var actual = new byte[expected.Length];
            Assert.Equal(expected.Length, checkedPages.Length);
            Assert.Equal(expected.Length, checkedPages.Read(0, actual));
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"step {step}");
        }
    }

    private static List<string> Run(int seed)
    {
        var random = new Random(seed);
        var pictures = new List<string>();
        var disk = new FaultyDisk();
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                disk.Delete($"f{random.Next(5)}");
                using var file = disk.Create($"g{round}-{i}", random.Next(2000));
                file.Write(random.Next(3000), DiskBytes.Repeat((byte)random.Next(), random.Next(2000)));
                if (random.Next(3) == 0)
                    file.Sync();
                if (random.Next(4) == 0)
                    disk.SyncDirectory("");
                if (random.Next(4) == 0)
                    disk.Rename($"g{round}-{i}", $"f{random.Next(5)}");
            }
            disk = disk.Crash(random);
            foreach (var name in disk.List(""))
                pictures.Add($"{round} {name} {Convert.ToHexString(disk.ReadAll(name))}");
        }
        return pictures;
    }

    private sealed class ModelFile
    {
        /// <summary>By place and value: whether the byte there may have it.</summary>
        private readonly bool[,] _mayBe = new bool[FileBytes, 256];
        private readonly HashSet<int> _sizes = [0];
        private IDiskFile _file;
        private byte _next;

        public ModelFile(FaultyDisk disk, string path)
        {
            Path = path;
            _file = disk.CreateDurable(path);
            Settle();
        }

        public string Path { get; }

        public byte[] Seen { get; private set; } = [];

        public void Change(Random random)
        {
            switch (random.Next(6))
            {
                case 0:
                    _file.Sync();
                    Settle();
                    break;
                case 1:
                    Resize(random.Next(FileBytes));
                    _file.SetLength(Seen.Length);
                    break;
                default:
                    var offset = random.Next(FileBytes - 1);
                    var bytes = DiskBytes.Repeat(++_next, random.Next(1, Math.Min(2000, FileBytes - offset)));
                    _file.Write(offset, bytes);
                    if (offset + bytes.Length > Seen.Length)
                        Resize(offset + bytes.Length);
                    bytes.CopyTo(Seen, offset);
                    for (var i = offset; i < offset + bytes.Length; i++)
                        _mayBe[i, _next] = true;
                    break;
            }
        }

        public void Reopen(FaultyDisk disk, bool isPowerCut)
        {
            _file = disk.Open(Path);
            if (!isPowerCut)
                return;
            // What is found is all there is; a killed process leaves the alternatives.
            Seen = _file.ReadAll();
            Settle();
        }

        public void Check(FaultyDisk found, string when)
        {
            var bytes = found.ReadAll(Path);
            Assert.True(
                _sizes.Contains(bytes.Length) || bytes.Length % 512 == 0 && bytes.Length > _sizes.Min()
                && bytes.Length < _sizes.Max(),
                $"{when}: {Path} has {bytes.Length} bytes");
            for (var i = 0; i < bytes.Length; i++)
            {
                if (!_mayBe[i, bytes[i]])
                    Assert.Fail($"{when}: {Path} has {bytes[i]} at {i}");
            }
        }

        private void Resize(int length)
        {
            for (var i = length; i < Seen.Length; i++)
                _mayBe[i, 0] = true;
            var bytes = Seen;
            Array.Resize(ref bytes, length);
            Seen = bytes;
            _sizes.Add(length);
        }

        private void Settle()
        {
            _sizes.Clear();
            _sizes.Add(Seen.Length);
            Array.Clear(_mayBe);
            for (var i = 0; i < FileBytes; i++)
                _mayBe[i, i < Seen.Length ? Seen[i] : 0] = true;
        }
    }
}
