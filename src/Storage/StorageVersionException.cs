namespace Warren.Storage;

/// <summary>A file is of a version that this node does not know: it is left as it is.</summary>
public sealed class StorageVersionException(string path, int found, int known) : Exception(
    $"{path} has format version {found}; this node knows version {known}. "
    + "Start it with the version of Warren that wrote the directory, or a newer one.");
