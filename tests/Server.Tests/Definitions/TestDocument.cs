using System.Text;

namespace Warren.Server.Tests.Definitions;

/// <summary>Definitions documents among the test's files, which have a line an object.</summary>
internal static class TestDocument
{
    public static string Read(string name)
    {
        using Stream stream = typeof(TestDocument).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"no document {name}");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("");
    }
}
