using System.Xml.Linq;

namespace Warren.Tidy.Rules;

/// <summary>The arrows between the projects of <c>src</c> point one way: the wire and the log know nobody.</summary>
public static class ReferenceRule
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Amqp"] = [],
        ["Storage"] = [],
        ["Cluster"] = ["Storage"],
        ["Broker"] = ["Amqp", "Storage", "Cluster"],
        ["Management"] = ["Broker"],
        ["Server"] = ["Amqp", "Storage", "Cluster", "Broker", "Management"],
        // The links between nodes, by which a command reaches a node of another host.
        ["Cli"] = ["Cluster"],
    };

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.Path.EndsWith(".csproj", StringComparison.Ordinal) || !file.IsBelow("src"))
            yield break;
        var project = Path.GetFileNameWithoutExtension(file.Path);
        if (!Allowed.TryGetValue(project, out var allowed))
        {
            yield return new Finding(file.Path, 0, $"{project} is not one of the architecture's projects");
            yield break;
        }

        foreach (var reference in XDocument.Parse(file.Text).Descendants("ProjectReference"))
        {
            var path = reference.Attribute("Include")?.Value.Replace('\\', '/') ?? "";
            var target = Path.GetFileNameWithoutExtension(path);
            if (path != $"../{target}/{target}.csproj" || !allowed.Contains(target))
                yield return new Finding(file.Path, 0, $"{project} must not reference {path}");
        }
    }
}
