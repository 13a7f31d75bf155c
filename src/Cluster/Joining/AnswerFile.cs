using Warren.Cluster.Identity;
using Warren.Storage.Disk;

namespace Warren.Cluster.Joining;

/// <summary>
/// A file in a data directory that holds a <see cref="MembershipAnswer"/> (docs/formats/membership.md).
/// </summary>
internal static class AnswerFile
{
    private const int HeadBytes = 12;

    /// <summary>The frame of such a file.</summary>
    public static FramedFile Of(string path, uint magic, FileMeaning meaning) => new(path, magic, meaning)
    {
        MostBytes = 128 * 1024,
        ChecksumAt = FramedFile.StartBytes,
    };

    /// <summary>Null: there is none.</summary>
    /// <exception cref="IdentityException">It is damaged, or of a later version.</exception>
    public static MembershipAnswer? Read(FramedFile file, IDisk disk) => file.Read(disk) is not { } bytes
        ? null
        : MembershipFormat.ReadAnswer(bytes.AsSpan(HeadBytes)) ?? throw file.Damaged();

    /// <exception cref="DiskException">It could not be written; the present one stays.</exception>
    public static void Write(FramedFile file, IDisk disk, MembershipAnswer answer)
    {
        byte[] content = MembershipFormat.Write(answer);
        byte[] bytes = new byte[HeadBytes + content.Length];
        content.CopyTo(bytes, HeadBytes);
        file.Write(disk, bytes);
    }
}
