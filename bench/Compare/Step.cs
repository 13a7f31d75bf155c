namespace Warren.Compare;

/// <summary>One line of the table: the load tool's commands, in order; the last one's result is what counts.</summary>
internal sealed record Step(string Title, params string[] Commands);
