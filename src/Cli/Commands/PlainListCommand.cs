using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>A list whose columns are what they are.</summary>
internal abstract class PlainListCommand(string name, string usage, Section section, string summary, string[] columns)
    : ListCommand(name, usage, section, summary)
{
    protected override string[] Default => columns;
}
