namespace Warren.Broker.Security;

/// <summary>The digest under a stored password, as <c>hashing_algorithm</c> names it in definitions.</summary>
public enum PasswordHashing
{
    Sha256,
    Sha512,

    /// <summary>Users from before RabbitMQ 3.6. Imported and verified, never made anew unless configured.</summary>
    Md5,
}
