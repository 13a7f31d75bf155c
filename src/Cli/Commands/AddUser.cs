using System.Security.Cryptography;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Creates a user, who may not do anything yet. Warren's own: <c>--generate-password</c> makes up a good one.
/// </summary>
internal sealed class AddUser() : ChangeCommand(
    "add_user", "<username> <password>", Section.Users,
    "Creates a new user in the internal database. This user will have no permissions for any virtual hosts by default.")
{
    private string? _generated;

    public override (int Least, int Most) Arguments => (1, 2);

    public override string[] Guides => ["access-control"];

    public override Switch[] Switches =>
        [new("pre-hashed-password", SwitchKind.Flag), new("generate-password", SwitchKind.Flag)];

    public override string Help =>
        """
        <username>
        	Self-explanatory

        <password>
        	Password this user will authenticate with. Use a blank string to disable password-based authentication.

        --generate-password
        	make up a password and print it, once, instead of reading one
        """;

    public override string? Validate(Invocation call) => call.Has("generate-password") && call.Arguments.Count > 1
        ? "a password and --generate-password exclude each other"
        : null;

    public override string? Banner(Invocation call) => $"Adding user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        _generated = !call.Has("generate-password") ? null : Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
        string password = _generated ?? (call.Arguments.Count > 1 ? call.Arguments[1] : Password.Read(call));
        json.WriteString(call.Has("pre-hashed-password") ? "password_hash" : "password", password);
    }

    protected override string? Done(Invocation call, JsonElement result) =>
        (_generated is null ? "" : $"Password: {_generated}\n")
        + "Done. Don't forget to grant the user permissions to some virtual hosts! "
        + "See 'rabbitmqctl help set_permissions' to learn more.";
}
