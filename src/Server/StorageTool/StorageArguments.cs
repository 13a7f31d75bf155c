using System.Globalization;
using Warren.Server.Configuration;
using Warren.Storage;
using Warren.Storage.Inspection;

namespace Warren.Server.StorageTool;

/// <summary>What stands behind <c>warren storage</c>.</summary>
/// <param name="IsDump">Else it is a check.</param>
/// <param name="Directory">Null: the node's own.</param>
/// <param name="Selection">Of a dump.</param>
internal sealed record StorageArguments(bool IsDump, string? Directory, DumpSelection Selection)
{
    /// <exception cref="ConfigurationException">They are not understood.</exception>
    public static StorageArguments Parse(IReadOnlyList<string> arguments)
    {
        if (arguments is not ["check" or "dump", ..])
        {
            string found = arguments.Count == 0 ? "nothing" : $"\"{arguments[0]}\"";
            throw new ConfigurationException($"expected \"check\" or \"dump\" behind \"storage\"; found {found}. "
                + "warren storage --help explains both");
        }
        var parsed = new StorageArguments(arguments[0] == "dump", null, new DumpSelection());
        for (int at = 1; at < arguments.Count; at++)
        {
            string argument = arguments[at];
            if (!argument.StartsWith('-') && parsed.Directory is null)
                parsed = parsed with { Directory = argument };
            else if (parsed.IsDump && argument == "--bodies")
                parsed = parsed with { Selection = parsed.Selection with { HasBodies = true } };
            else if (parsed.IsDump && argument is "--group" or "--segment" or "--from")
                parsed = parsed with { Selection = Select(parsed.Selection, argument, arguments, ++at) };
            else
            {
                throw new ConfigurationException(
                    $"storage {arguments[0]} does not know \"{argument}\"; --help lists what is known");
            }
        }
        return parsed;
    }

    private static DumpSelection Select(
        DumpSelection selection, string option, IReadOnlyList<string> arguments, int at)
    {
        string text = at < arguments.Count ? arguments[at] : "nothing";
        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint small))
            small = 0;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || (option == "--segment" && small != number))
            throw new ConfigurationException($"expected a number behind {option}; found \"{text}\"");
        return option switch
        {
            "--group" => selection with { Group = new GroupId(number) },
            "--segment" => selection with { Segment = small },
            _ => selection with { From = new Lsn(number) },
        };
    }
}
