using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Salts and hashes a password as the node does, for a document of definitions.</summary>
internal sealed class HashPassword() : ChangeCommand(
    "hash_password", "[<cleartext_password>]", Section.Users, "Hashes a plaintext password")
{
    public override (int Least, int Most) Arguments => (0, 1);

    public override string Help =>
        """
        <cleartext_password>
        	the password; without it, it is read from standard input, where nobody else sees it
        """;

    public override string? Validate(Invocation call) =>
        call.Arguments is [""] ? "password cannot be an empty string" : null;

    public override string? Banner(Invocation call) => "Will hash provided password";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json) => json.WriteString(
        "password", call.Arguments.Count > 0 ? call.Arguments[0] : Password.Read(call));

    protected override string? Done(Invocation call, JsonElement result) => result.GetProperty("hash").GetString();
}
