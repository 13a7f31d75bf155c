namespace Warren.Micro;

/// <summary>A message where it lies in the slab it was received into.</summary>
internal readonly record struct Message(Slab Slab, int BodyAt, int BodyBytes);
