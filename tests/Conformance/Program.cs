using Xunit.Runner.InProc.SystemConsole;

if (args is ["record" or "play" or "diff", ..])
    return Warren.Conformance.Player.PlayCommand.Run(args);
if (args.Any(arg => arg is "--server" or "--internal-msbuild-node"))
{
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, Warren.Conformance.SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}

return await ConsoleRunner.Run(args);
