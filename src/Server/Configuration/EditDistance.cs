namespace Warren.Server.Configuration;

/// <summary>How many letters must be put in, left out or changed to turn one word into another (Levenshtein).</summary>
public static class EditDistance
{
    /// <summary>The number of edits between the two.</summary>
    public static int Between(string first, string second)
    {
        var row = new int[second.Length + 1];
        for (var j = 0; j <= second.Length; j++)
            row[j] = j;
        for (var i = 1; i <= first.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var change = diagonal + (first[i - 1] == second[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[second.Length];
    }
}
