namespace Warren.Conformance.Wire;

/// <summary>A field of a method or of the basic properties.</summary>
/// <param name="Name">The specification's name with underscores.</param>
/// <param name="Type">bit, octet, short, long, longlong, shortstr, longstr, table or timestamp.</param>
/// <param name="Fallback">What is sent when a scenario does not name the field; null means the type's zero.</param>
public sealed record FieldDefinition(string Name, string Type, string? Fallback);
