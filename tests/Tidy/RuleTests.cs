using Warren.Tidy.Rules;
using Xunit;

namespace Warren.Tidy;

/// <summary>Each rule sees a breach that was planted for it, and leaves its neighbour alone.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData(500, 0)]
    [InlineData(501, 1)]
    public void Long_files_are_found(int lines, int findings) =>
        Assert.Equal(findings, Count(SizeRule.Check, "src/A.cs", Repeat("// line\n", lines)));

    [Theory]
    [InlineData(120, 0)]
    [InlineData(121, 1)]
    public void Long_lines_are_found(int letters, int findings) =>
        Assert.Equal(findings, Count(SizeRule.Check, "src/A.cs", "//" + new string('x', letters - 2)));

    [Theory]
    [InlineData("class A\n{\n    void M()\n    {\n", "    }\n}\n", 67, 0)]
    [InlineData("class A\n{\n    void M()\n    {\n", "    }\n}\n", 68, 1)]
    [InlineData("class A\n{\n    A()\n    {\n", "    }\n}\n", 68, 1)]
    [InlineData("class A\n{\n    int M\n    {\n        get\n        {\n", "        }\n    }\n}\n", 68, 1)]
    public void Long_methods_are_found(string head, string tail, int lines, int findings) =>
        Assert.Equal(findings, Count(SizeRule.Check, "src/A.cs", head + Repeat("        ;\n", lines) + tail));

    [Fact]
    public void Generated_files_may_be_long() =>
        Assert.Equal(0, Count(SizeRule.Check, "src/A.g.cs", Repeat("// line\n", 501)));

    [Theory]
    [InlineData("// TODO: later", 1)]
    [InlineData("throw new NotImplementedException();", 1)]
    [InlineData("#region A", 1)]
    [InlineData("// what is to do", 0)]
    public void Unwanted_words_are_found(string text, int findings) =>
        Assert.Equal(findings, Count(WordRule.Check, "src/A.cs", text));

    [Theory]
    [InlineData("src/A.cs", "class QueueManager;", 1)]
    [InlineData("src/A.cs", "record HeaderInfo;", 1)]
    [InlineData("src/A.cs", "class Outer { enum StringUtils { } }", 1)]
    [InlineData("src/A.cs", "class Managers;", 0)]
    [InlineData("src/A.cs", "class BaseQueue;", 0)]
    [InlineData("src/Shared/A.cs", "class A;", 1)]
    public void Empty_names_are_found(string path, string text, int findings) =>
        Assert.Equal(findings, Count(NameRule.Check, path, text));

    [Theory]
    [InlineData("public class A; public class B;", 1)]
    [InlineData("namespace N; public class A { } public delegate void B();", 1)]
    [InlineData("public class B;", 1)]
    [InlineData("public class A { public class B; } class C;", 0)]
    [InlineData("class B;", 0)]
    public void Several_public_types_or_another_name_are_found(string text, int findings) =>
        Assert.Equal(findings, Count(PublicTypeRule.Check, "src/A.cs", text));

    [Theory]
    [InlineData("DateTime.UtcNow")]
    [InlineData("System.DateTime.Now")]
    [InlineData("DateTimeOffset.UtcNow")]
    [InlineData("Environment.TickCount64")]
    [InlineData("System.Diagnostics.Stopwatch.GetTimestamp()")]
    [InlineData("new Stopwatch()")]
    [InlineData("TimeProvider.System")]
    [InlineData("Task.Run(M)")]
    [InlineData("Thread.Sleep(1)")]
    [InlineData("new Random()")]
    [InlineData("new System.Random()")]
    [InlineData("Random.Shared.Next()")]
    [InlineData("File.ReadAllText(\"x\")")]
    [InlineData("Directory.Exists(\"x\")")]
    [InlineData("new FileStream(\"x\", FileMode.Open)")]
    [InlineData("RandomAccess.GetLength(file)")]
    [InlineData("new DriveInfo(\"/\")")]
    [InlineData("GC.Collect()")]
    public void Ways_around_a_seam_are_found(string expression) => Assert.Equal(
        1, Count(BannedApiRule.Check, "src/Broker/A.cs", $"class A {{ object M() => {expression}; }}"));

    [Theory]
    [InlineData("src/Broker/A.cs", "new Random(7)")]
    [InlineData("src/Broker/A.cs", "entry.File.Length")]
    [InlineData("src/Broker/A.cs", "time.GetUtcNow()")]
    [InlineData("src/Server/Logging/A.cs", "File.ReadAllText(\"x\")")]
    [InlineData("src/Server/Program.cs", "TimeProvider.System")]
    [InlineData("tests/A.cs", "DateTime.UtcNow")]
    [InlineData("src/Storage/Disk/FileDisk.cs", "File.Delete(\"x\")")]
    [InlineData("src/Storage/Disk/FileDiskFile.cs", "RandomAccess.GetLength(file)")]
    [InlineData("src/Storage/Disk/DirectoryLock.cs", "File.OpenHandle(\"x\")")]
    public void What_a_seam_allows_is_left_alone(string path, string expression) =>
        Assert.Equal(0, Count(BannedApiRule.Check, path, $"class A {{ object M() => {expression}; }}"));

    [Theory]
    [InlineData("src/Storage/Log/A.cs", "File.Delete(\"x\")")]
    [InlineData("src/Storage/Disk/FaultyDisk.cs", "File.Delete(\"x\")")]
    [InlineData("src/Storage/Log/A.cs", "RandomAccess.GetLength(file)")]
    public void Files_are_the_file_disks_alone_in_storage(string path, string expression) =>
        Assert.Equal(1, Count(BannedApiRule.Check, path, $"class A {{ object M() => {expression}; }}"));

    [Theory]
    [InlineData("async void M() { }", 1)]
    [InlineData("async Task M() { }", 0)]
    [InlineData("void M() { }", 0)]
    public void Async_methods_that_nobody_can_await_are_found(string method, int findings) =>
        Assert.Equal(findings, Count(BannedApiRule.Check, "src/A.cs", $"class A {{ {method} }}"));

    [Theory]
    [InlineData("src/Amqp/Amqp.csproj", "../Broker/Broker.csproj", 1)]
    [InlineData("src/Broker/Broker.csproj", "../Server/Server.csproj", 1)]
    [InlineData("src/Broker/Broker.csproj", "../../tests/Amqp/Amqp.csproj", 1)]
    [InlineData("src/Shared/Shared.csproj", "../Amqp/Amqp.csproj", 1)]
    [InlineData("src/Broker/Broker.csproj", "../Amqp/Amqp.csproj", 0)]
    [InlineData("tests/Broker.Tests/Broker.Tests.csproj", "../../src/Server/Server.csproj", 0)]
    public void Arrows_that_point_back_are_found(string path, string reference, int findings) => Assert.Equal(
        findings, Count(ReferenceRule.Check, path, $"<Project><ProjectReference Include=\"{reference}\" /></Project>"));

    [Theory]
    [InlineData("docs/a.md", "see [b](b.md) and [c](../README.md#top \"title\")", 0)]
    [InlineData("docs/a.md", "see [x](x.md)", 1)]
    [InlineData("README.md", "see [x](docs/x.md#part)", 1)]
    [InlineData("README.md", "see [w](https://example.org/x.md) and [here](#here)", 0)]
    [InlineData("src/A.cs", "// docs/x.md", 1)]
    [InlineData("src/A.cs", "// docs/b.md.", 0)]
    public void Dead_links_are_found(string path, string text, int findings)
    {
        string[] there = ["docs/a.md", "docs/b.md", "README.md"];
        Assert.Equal(findings, Count(file => LinkRule.Check(file, there.Contains), path, text));
    }

    private static int Count(Func<SourceFile, IEnumerable<Finding>> rule, string path, string text) =>
        rule(new SourceFile(path, text)).Count();

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
