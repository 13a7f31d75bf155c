using System.Text.Json;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Which routing keys one user may use, by virtual host. As RabbitMQ's, its table has no header.</summary>
internal sealed class ListUserTopicPermissions() : PlainListCommand(
    "list_user_topic_permissions", "[--no-table-headers] <username>", Section.AccessControl,
    "Lists user topic permissions", ["vhost", "exchange", "write", "read"])
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Listing topic permissions for user \"{call.Arguments[0]}\" ...";

    public override ExitCode Run(Invocation call)
    {
        RowWriter rows = RowWriter.For(call.Format ?? Format.Table, call.Output, Default, hidesHeaders: true);
        call.Node.Ask(Name, json => WriteArguments(call, json, Default), rows.Write);
        rows.End(wasStreamed: false);
        return ExitCode.Ok;
    }

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NoSuchUser
            ? CommandException.Because(ExitCode.Unavailable, $"{{:no_such_user, \"{call.Arguments[0]}\"}}")
            : base.Explain(call, refusal);

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns) =>
        json.WriteString("user", call.Arguments[0]);
}
