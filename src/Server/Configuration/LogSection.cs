using System.Collections.Immutable;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads <c>log.*</c>, <c>RABBITMQ_LOGS</c> and <c>RABBITMQ_LOG</c>; the variables win over the files.
/// </summary>
public static class LogSection
{
    /// <exception cref="ConfigurationException"><c>RABBITMQ_LOG</c> names an unknown level or category.</exception>
    public static LogOptions Read(Settings settings, NodeEnvironment environment, NodePlaces places)
    {
        var directory = settings.Text("log.dir") ?? places.LogDirectory;
        var fileName = settings.Text("log.file") switch
        {
            "false" => null,
            null or "true" => places.NodeName + ".log",
            var name => name,
        };
        var options = new LogOptions
        {
            Console = settings.Bool("log.console") ?? false,
            ConsoleLevel = settings.Level("log.console.level") ?? LogLevel.Info,
            ConsoleIsStandardError = settings.Is("log.console.stdio", "stderr"),
            FilePath = fileName is null ? null : Path.GetFullPath(fileName, directory),
            FileLevel = settings.Level("log.file.level") ?? LogLevel.Info,
            CategoryLevels = ReadCategories(settings),
        };
        options = environment.Find("LOGS") switch
        {
            null => options,
            "-" => options with { Console = true, FilePath = null },
            "-stderr" => options with { Console = true, ConsoleIsStandardError = true, FilePath = null },
            var path => options with { FilePath = Path.GetFullPath(path, directory) },
        };
        return environment.Find("LOG") is { } levels ? WithLevels(options, levels) : options;
    }

    private static ImmutableDictionary<LogCategory, LogLevel> ReadCategories(Settings settings)
    {
        var levels = ImmutableDictionary<LogCategory, LogLevel>.Empty;
        foreach (var category in Enum.GetValues<LogCategory>())
        {
            if (settings.Level($"log.{NameOf(category)}.level") is { } level)
                levels = levels.Add(category, level);
        }

        return levels;
    }

    /// <summary>
    /// <c>RABBITMQ_LOG</c>: levels parted by commas, <c>debug</c> for all or <c>connection.debug</c> for one category.
    /// </summary>
    private static LogOptions WithLevels(LogOptions options, string text)
    {
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] is '+' or '-')
                continue; // +color, -color, +single_line and the like shape lines, which have one shape here.
            var dot = word.IndexOf('.', StringComparison.Ordinal);
            var isKnown = ValueText.TryLevel(word[(dot + 1)..], out var level);
            LogCategory? category = dot < 0
                ? null
                : Enum.GetValues<LogCategory>().Cast<LogCategory?>()
                    .FirstOrDefault(c => NameOf(c!.Value) == word[..dot]);
            if (!isKnown || (dot >= 0 && category is null))
            {
                throw new ConfigurationException(
                    $"expected RABBITMQ_LOG to hold levels such as debug or connection.debug; found \"{word}\"");
            }

            options = category is null
                ? options with { ConsoleLevel = level, FileLevel = level }
                : options with { CategoryLevels = options.CategoryLevels.SetItem(category.Value, level) };
        }

        return options;
    }

    private static string NameOf(LogCategory category) => category.ToString().ToLowerInvariant();
}
