using System.Text;
using Warren.Cli;

using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 16 * 1024);
using var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false), 4 * 1024);
output.NewLine = "\n";
error.NewLine = "\n";
var terminal = new Terminal(output, error, () => Console.In);
return (int)Dispatcher.Run(Environment.GetCommandLineArgs(), CallerEnvironment.OfProcess(), terminal);
