using Warren.Conformance.Player;

namespace Warren.Conformance.Harness;

/// <summary>What the harness asks of RabbitMQ's own command line: the fixtures of scenarios, and a restart.</summary>
public sealed class RabbitControl(string command)
{
    private const string DeleteOld =
        "[rabbit_vhost:delete(V, <<\"conformance\">>) || V <- rabbit_vhost:list_names(), "
        + "binary:match(V, <<\"scenario:\">>) =/= nomatch].";

    /// <summary>Makes every virtual host of the scenarios afresh, with users and permissions.</summary>
    public void Import(IReadOnlyList<Scenario> scenarios)
    {
        string directory = Directory.CreateTempSubdirectory("conformance").FullName;
        string file = Path.Combine(directory, "definitions.json");
        File.WriteAllText(file, Fixtures.Definitions(scenarios));
        Shell.Run($"chmod -R go+rX '{directory}'");
        Shell.Run($"{command} -q eval '{DeleteOld}'");
        Shell.Run($"{command} -q import_definitions '{file}'");
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Stops the broker's application and starts it again.</summary>
    public void Restart() => Shell.Run($"{command} -q stop_app && {command} -q start_app");
}
