using Warren.MethodGenerator;

// Writes src/Amqp/Methods/*.g.cs anew from methods.txt. Run it anywhere in the repository:
//   dotnet run --project tests/MethodGenerator
var root = new DirectoryInfo(Directory.GetCurrentDirectory());
while (root is not null && !File.Exists(Path.Combine(root.FullName, "Warren.slnx")))
    root = root.Parent;
if (root is null)
{
    Console.Error.WriteLine("No Warren.slnx here or above; run this inside the repository.");
    return 1;
}

var folder = Path.Combine(root.FullName, "src", "Amqp", "Methods");
var files = MethodSourceSet.Generate(File.ReadAllText(Path.Combine(folder, "methods.txt")));
foreach (var old in Directory.GetFiles(folder, "*.g.cs"))
    if (!files.ContainsKey(Path.GetFileName(old)))
        File.Delete(old);
foreach (var (name, content) in files)
    File.WriteAllText(Path.Combine(folder, name), content);
Console.WriteLine($"{files.Count} files written to {folder}");
return 0;
