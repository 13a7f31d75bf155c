using Warren.Fuzz;
using Warren.MethodGenerator;
using Xunit;

namespace Warren.Amqp.Tests.Methods;

public class MethodTests
{
    public static TheoryData<string> EveryMethod => [.. Samples.Methods.Select(method => method.WireName)];

    [Theory, MemberData(nameof(EveryMethod))]
    public void Every_method_round_trips(string name)
    {
        var method = Find(name);
        for (var seed = 0; seed < 50; seed++)
        {
            var payload = Samples.MethodPayload(method, new Random(seed));
            Assert.Equal(payload, Rewrite(payload));
        }
    }

    [Theory, MemberData(nameof(EveryMethod))]
    public void Every_method_cut_at_any_byte_or_with_one_too_many_is_a_format_error(string name)
    {
        var method = Find(name);
        for (var seed = 0; seed < 10; seed++)
        {
            var payload = Samples.MethodPayload(method, new Random(seed));
            for (var cut = 0; cut < payload.Length; cut++)
                Assert.Throws<WireFormatException>(() => Rewrite(payload[..cut]));
            Assert.Throws<WireFormatException>(() => Rewrite([.. payload, 0]));
        }
    }

    [Theory, MemberData(nameof(EveryMethod))]
    public void Every_method_has_its_name(string name)
    {
        var method = Find(name);
        var methodId = (uint)(method.ClassId << 16 | method.MethodId);
        Assert.Equal(name, MethodNames.NameOf(methodId));
        Assert.Equal(method.HasContent, MethodNames.HasContent(methodId));
    }

    [Fact]
    public void A_method_that_does_not_exist_has_numbers_for_a_name()
    {
        Assert.Null(MethodNames.Find(99u << 16 | 98));
        Assert.Equal("99.98", MethodNames.NameOf(99u << 16 | 98));
        Assert.False(MethodNames.HasContent(99u << 16 | 98));
    }

    [Fact]
    public void Ids_are_class_and_method_in_one_number()
    {
        Assert.Equal(50u << 16 | 10, MethodId.QueueDeclare);
        Assert.Equal(40u << 16 | 51, MethodId.ExchangeUnbindOk);
        Assert.Equal(60, BasicNack.ClassId);
        Assert.Equal(120, BasicNack.MethodId);
    }

    [Fact]
    public void The_generated_code_is_that_of_the_table()
    {
        var root = RepositoryRoot();
        var folder = Path.Combine(root, "src", "Amqp", "Methods");
        var table = File.ReadAllText(Path.Combine(folder, "methods.txt"));
        var expected = MethodSourceSet.Generate(table);
        const string Advice = "is not what methods.txt gives; run: dotnet run --project tests/MethodGenerator";

        Assert.Equal(
            expected.Keys.Order(StringComparer.Ordinal),
            Directory.GetFiles(folder, "*.g.cs").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var (name, content) in expected)
            Assert.True(content == File.ReadAllText(Path.Combine(folder, name)), $"{name} {Advice}");
        var rewriter = File.ReadAllText(Path.Combine(root, "tests", "Fuzz", "MethodRewriter.g.cs"));
        Assert.True(MethodSourceSet.GenerateRewriter(table) == rewriter, $"MethodRewriter.g.cs {Advice}");
    }

    private static Method Find(string name) => Samples.Methods.Single(method => method.WireName == name);

    private static byte[] Rewrite(byte[] payload)
    {
        var reader = new WireReader(payload);
        var methodId = reader.ReadLong();
        var rewritten = MethodRewriter.Rewrite(methodId, ref reader);
        Assert.NotNull(rewritten);
        return rewritten;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Warren.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
