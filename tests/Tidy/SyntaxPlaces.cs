using Microsoft.CodeAnalysis;

namespace Warren.Tidy;

/// <summary>Line numbers of syntax, from 1.</summary>
public static class SyntaxPlaces
{
    public static int FirstLine(this SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    public static int LineCount(this SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
