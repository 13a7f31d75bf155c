namespace Warren.Cluster.Identity;

/// <summary>A file of the data directory in the words of an operator.</summary>
/// <param name="Says">Such as <c>which names the cluster's other nodes</c>.</param>
/// <param name="WhatToDo">When it is damaged.</param>
internal readonly record struct FileMeaning(string Says, string WhatToDo);
