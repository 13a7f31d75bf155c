namespace Warren.Cli;

/// <summary>
/// Where a command's words go and come from. Tests bring their own; nothing else in this project touches the console.
/// </summary>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="OpenInput">Opens standard input, for the few commands that read it.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Error, Func<TextReader> OpenInput);
