using Warren.Tidy.Rules;
using Xunit;

namespace Warren.Tidy;

/// <summary>The rules of the house, over the whole tree.</summary>
public sealed class TreeTests
{
    [Fact]
    public void The_tree_is_found() =>
        Assert.Contains(SourceTree.Files, file => file.Path == "src/Server/Server.csproj");

    [Fact]
    public void Files_methods_and_lines_are_short() => AssertNone(SizeRule.Check);

    [Fact]
    public void No_note_to_oneself_is_left() => AssertNone(WordRule.Check);

    [Fact]
    public void Names_say_what_things_are() => AssertNone(NameRule.Check);

    [Fact]
    public void A_file_holds_one_public_type() => AssertNone(PublicTypeRule.Check);

    [Fact]
    public void Nothing_goes_around_a_seam() => AssertNone(BannedApiRule.Check);

    [Fact]
    public void References_point_one_way() => AssertNone(ReferenceRule.Check);

    [Fact]
    public void Links_lead_somewhere() => AssertNone(file => LinkRule.Check(file, SourceTree.Exists));

    private static void AssertNone(Func<SourceFile, IEnumerable<Finding>> rule)
    {
        var findings = SourceTree.Files.SelectMany(rule).ToList();
        Assert.True(findings.Count == 0, string.Join('\n', findings));
    }
}
