using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Warren.Tidy.Rules;

/// <summary>A file holds one public type at most and bears its name, so that people find things by guessing.</summary>
public static class PublicTypeRule
{
    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.IsCSharp || file.IsGenerated || !file.IsBelow("src"))
            yield break;
        var names = file.Syntax.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .OfType<MemberDeclarationSyntax>()
            .Where(m => m.Modifiers.Any(SyntaxKind.PublicKeyword))
            .Select(NameOf)
            .OfType<string>()
            .ToList();
        if (names.Count > 1)
            yield return new Finding(file.Path, 0, $"public types {string.Join(", ", names)}; one a file");
        var fileName = Path.GetFileNameWithoutExtension(file.Path).Split('.')[0];
        if (names.Count == 1 && names[0] != fileName)
            yield return new Finding(file.Path, 0, $"holds {names[0]}; the file should bear its name");
    }

    private static string? NameOf(MemberDeclarationSyntax member) => member switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        _ => null,
    };
}
