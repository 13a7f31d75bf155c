using Warren.Faults.Hosts;

namespace Warren.Faults.Clusters;

/// <summary>An operator who adds and deletes users on one node, by command, as fast as a script does.</summary>
internal sealed class UserMaker(Host host, DefinitionNames names, int seed)
{
    /// <summary>What the users' names begin with.</summary>
    public const string Prefix = "user-";

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(0.7);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private readonly List<string> _mine = [];

    /// <summary>Goes on until it is told to end.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        for (int next = 0; !end.IsCancellationRequested; next++)
        {
            bool deletes = _mine.Count > 0 && _random.Next(4) == 0;
            string user = deletes ? _mine[_random.Next(_mine.Count)] : $"{Prefix}{host.Name}-{seed}-{next}";
            string request = deletes ? "delete_user" : "add_user";
            names.Users.Asked(user);
            long since = Answers.Now;
            CommandResult result = await host.RunAsync(
                $"rabbitmqctl {request} {user}{(deletes ? "" : " secret")}", Patience);
            if (result.Code == 0)
            {
                names.Answers.Ok(request, since);
                if (deletes)
                    names.Users.Deleted(user);
                else
                    names.Users.Declared(user);
            }
            else
            {
                names.Answers.Else(request, FirstLine(result.Error, user), since);
            }
            if (deletes)
                _mine.Remove(user);
            else if (result.Code == 0)
                _mine.Add(user);
            await Task.Delay(Rest, CancellationToken.None);
        }
    }

    private string FirstLine(string error, string user)
    {
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string text = lines.Length == 0 ? "(nothing)" : string.Join(' ', lines.Take(2));
        return text.Replace(user, "…", StringComparison.Ordinal).Replace(host.NodeName, "…", StringComparison.Ordinal);
    }
}
