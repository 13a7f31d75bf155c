using Xunit.Runner.InProc.SystemConsole;

if (args is ["run", .. var names])
    return await Warren.Faults.FaultRun.RunAsync(names, Console.Out);
if (args.Any(arg => arg is "--server" or "--internal-msbuild-node"))
{
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, Warren.Faults.SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}

return await ConsoleRunner.Run(args);
