using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Where this command takes the cookie from when it speaks with a node of another host.</summary>
internal sealed class CookieSources() : Command(
    "erlang_cookie_sources", "", Section.Configuration,
    "Display Erlang cookie source (e.g. $HOME/.erlang.cookie file) information useful for troubleshooting")
{
    public override NodeState Needs => NodeState.Any;

    public override string? Banner(Invocation call) => "Listing Erlang cookie sources used by CLI tools...";

    public override ExitCode Run(Invocation call)
    {
        string home = call.Environment.Find("HOME") ?? "/";
        call.Output.WriteLine($"{Bold.Of("Cookie File")}\n");
        call.Output.WriteLine($"Effective user: {System.Environment.UserName}");
        call.Output.WriteLine($"Effective home directory: {home}");
        foreach (string file in RemotePlace.CookieFilesOf(home))
            Write(call, file);
        call.Output.WriteLine($"\n{Bold.Of("Cookie CLI Switch")}\n");
        call.Output.WriteLine(
            $"--erlang-cookie value set? {(call.Text("erlang-cookie") is null ? "false" : "true")}");
        call.Output.WriteLine($"--erlang-cookie value length: {call.Text("erlang-cookie")?.Length ?? 0}");
        call.Output.WriteLine("\nNone is needed for a node of this machine, which is reached by its control socket.");
        return ExitCode.Ok;
    }

    private static void Write(Invocation call, string file)
    {
        var found = new FileInfo(file);
        call.Output.WriteLine($"Cookie file path: {file}");
        call.Output.WriteLine($"Cookie file exists? {(found.Exists ? "true" : "false")}");
        if (!found.Exists)
            return;
        call.Output.WriteLine($"Cookie file mode: {Convert.ToString((int)found.UnixFileMode, 8)}");
        call.Output.WriteLine($"Cookie file size: {found.Length}");
    }
}
