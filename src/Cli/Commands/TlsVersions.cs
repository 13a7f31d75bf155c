using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>The versions of TLS that a listener can be told to speak.</summary>
internal sealed class TlsVersions() : DiagnosticCommand(
    "tls_versions", "", "Lists TLS versions supported (but not necessarily allowed) on the target node", "tls_versions")
{
    public override string? Banner(Invocation call) => "Listing all TLS versions supported by the runtime...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        return Print(call, answer, output =>
        {
            foreach (JsonElement version in answer.GetProperty("versions").EnumerateArray())
                output.WriteLine(version.GetString());
        });
    }
}
