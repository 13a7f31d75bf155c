namespace Warren.MethodGenerator;

internal static class Naming
{
    public static string Pascal(string wireName) => string.Concat(
        wireName.Split('.', '-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    public static string Camel(string wireName)
    {
        var pascal = Pascal(wireName);
        return char.ToLowerInvariant(pascal[0]) + pascal[1..];
    }
}
