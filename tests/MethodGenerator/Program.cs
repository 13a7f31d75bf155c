using Warren.MethodGenerator;

// Writes src/Amqp/Methods/*.g.cs and the fuzzer's MethodRewriter.g.cs anew from methods.txt.
// Run it anywhere in the repository:
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
var table = File.ReadAllText(Path.Combine(folder, "methods.txt"));
var files = MethodSourceSet.Generate(table);
foreach (var old in Directory.GetFiles(folder, "*.g.cs"))
    if (!files.ContainsKey(Path.GetFileName(old)))
        File.Delete(old);
foreach (var (name, content) in files)
    File.WriteAllText(Path.Combine(folder, name), content);
File.WriteAllText(
    Path.Combine(root.FullName, "tests", "Fuzz", "MethodRewriter.g.cs"), MethodSourceSet.GenerateRewriter(table));
Console.WriteLine($"{files.Count} files written to {folder}");
return 0;
