using Xunit.Runner.InProc.SystemConsole;

if (args is ["node"])
    return await Warren.Server.Tests.Cluster.ToldNode.RunAsync(Console.In, Console.Out);
if (args.Any(arg => arg is "--server" or "--internal-msbuild-node"))
{
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
        args, Warren.Server.SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}

return await ConsoleRunner.Run(args);
