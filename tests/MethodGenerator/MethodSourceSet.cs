using System.Text;

namespace Warren.MethodGenerator;

/// <summary>All generated files: one a method, the ids and the names.</summary>
public static class MethodSourceSet
{
    internal const string FileHeader = "// Generated from methods.txt by tests/MethodGenerator.\n#nullable enable";

    /// <summary>File names and their content.</summary>
    public static IReadOnlyDictionary<string, string> Generate(string table)
    {
        var methods = MethodTable.Parse(table);
        var files = methods.ToDictionary(
            method => $"{method.Name}.g.cs", method => new MethodSource(method).Write(), StringComparer.Ordinal);
        files["MethodId.g.cs"] = WriteIds(methods);
        files["MethodNames.g.cs"] = WriteNames(methods);
        return files;
    }

    /// <summary>The file of the fuzzer that reads any method and writes it again.</summary>
    public static string GenerateRewriter(string table)
    {
        var text = new StringBuilder();
        text.Append($$"""
            {{FileHeader}}
            using Warren.Amqp;

            namespace Warren.Fuzz;

            /// <summary>Reads the arguments of any method and writes the method again.</summary>
            public static class MethodRewriter
            {
                /// <summary>The bytes of the method frame's payload, or null for an unknown method.</summary>
                public static byte[]? Rewrite(uint methodId, ref WireReader reader) => methodId switch
                {

            """);
        foreach (var method in MethodTable.Parse(table))
            text.Append($"        MethodId.{method.Name} => Write({method.Name}.Read(ref reader)),\n");
        text.Append("""
                    _ => null,
                };

                private static byte[] Write<TMethod>(TMethod method)
                    where TMethod : struct, IMethod, allows ref struct
                {
                    var bytes = new byte[method.SizeBytes];
                    var writer = new WireWriter(bytes);
                    method.WriteTo(ref writer);
                    return writer.Position == bytes.Length
                        ? bytes
                        : throw new InvalidOperationException($"Told {bytes.Length} bytes, wrote {writer.Position}.");
                }
            }

            """);
        return text.ToString();
    }

    private static string WriteIds(IReadOnlyList<Method> methods)
    {
        var text = new StringBuilder();
        text.Append($$"""
            {{FileHeader}}
            namespace Warren.Amqp;

            /// <summary>Class id and method id in one number: the first four octets of a method frame.</summary>
            public static class MethodId
            {

            """);
        text.AppendJoin('\n', methods.Select(method => $"""
                /// <summary>The method {method.WireName}.</summary>
                public const uint {method.Name} = ({method.ClassId}u << 16) | {method.MethodId};

            """));
        return text.Append("}\n").ToString();
    }

    private static string WriteNames(IReadOnlyList<Method> methods)
    {
        var text = new StringBuilder();
        text.Append($$"""
            {{FileHeader}}
            namespace Warren.Amqp;

            /// <summary>The methods' names in the protocol, and which of them carry content.</summary>
            public static class MethodNames
            {
                /// <summary>The name, such as queue.declare; null for an unknown method.</summary>
                public static string? Find(uint methodId) => methodId switch
                {

            """);
        foreach (var method in methods)
            text.Append($"        MethodId.{method.Name} => \"{method.WireName}\",\n");
        text.Append("""
                    _ => null,
                };

                /// <summary>The name, such as queue.declare; the numbers, as 50.99, for an unknown method.</summary>
                public static string NameOf(uint methodId) =>
                    Find(methodId) ?? $"{methodId >> 16}.{methodId & 0xFFFF}";

                /// <summary>Whether a content header and a body follow the method.</summary>
                public static bool HasContent(uint methodId) => methodId switch
                {

            """);
        text.Append("        ");
        text.AppendJoin(
            " or ", methods.Where(method => method.HasContent).Select(method => $"MethodId.{method.Name}"));
        text.Append("""
             => true,
                    _ => false,
                };
            }

            """);
        return text.ToString();
    }
}
