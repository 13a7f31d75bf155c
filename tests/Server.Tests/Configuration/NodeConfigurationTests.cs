using System.Net;
using System.Security.Authentication;
using Warren.Broker;
using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

/// <summary>From files in a directory to the options of a node.</summary>
public sealed class NodeConfigurationTests : IDisposable
{
    private const string Guide = """
        # 클러스터 이름
        cluster_name = production-cluster

        # 로그 레벨
        log.console.level = info

        # 디스크 여유 공간 경고 (5GB 미만 시 경고)
        disk_free_limit.absolute = 5GB

        # 메모리 사용 제한 (전체의 40%)
        vm_memory_high_watermark.relative = 0.4

        # Heartbeat (클라이언트 연결 유지 확인 간격)
        heartbeat = 60

        # Management 플러그인
        management.tcp.port = 15672
        management.tcp.ip = 0.0.0.0

        # 클러스터 파티션 처리 전략
        # - ignore: 아무 조치 안 함 (기본값)
        # - autoheal: 자동으로 복구 시도 (권장)
        # - pause_minority: 소수 노드 일시정지
        cluster_partition_handling = autoheal

        # 네트워크 설정
        tcp_listen_options.backlog = 128
        tcp_listen_options.nodelay = true
        tcp_listen_options.sndbuf = 196608
        tcp_listen_options.recbuf = 196608
        """;

    private const string BrokerKeys = """
        frame_max = 128KB
        initial_frame_max = 16384
        channel_max = 100
        max_message_size = 1000
        handshake_timeout = infinity
        consumer_timeout = 5000000000
        warren.consumer_timeout.closes_channel = true
        consumer_max_per_channel = 7
        channel_max_per_node = infinity
        connection_max = 8
        default_queue_type = quorum
        quorum_queue.initial_cluster_size = 5
        default_user = ann
        default_pass = 'p#w'
        default_vhost = main
        default_permissions.configure = c
        default_permissions.write = w
        default_permissions.read = r
        default_user_tags.monitoring = true
        default_user_tags.administrator = false
        loopback_users.ann = true
        auth_mechanisms.1 = EXTERNAL
        auth_mechanisms.2 = PLAIN
        ssl_cert_login_from = subject_alt_name
        ssl_cert_login_san_type = uri
        ssl_cert_login_san_index = 2
        vm_memory_high_watermark.absolute = 2GiB
        vm_memory_high_watermark_paging_ratio = 0.7
        total_memory_available_override_value = 8GB
        disk_free_limit.relative = 1.5
        disk_free_limit.absolute = 3GB
        password_hashing_module = rabbit_password_hashing_sha512
        load_definitions = /etc/rabbitmq/definitions.json
        product.name = Bunny
        product.version = 1.2.3
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("warren-configuration-").FullName;
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_guides_file_configures_a_node()
    {
        var options = Load(Guide);
        Assert.Equal("production-cluster", options.Broker.ClusterName);
        Assert.Equal(0.4, options.Broker.MemoryHighWatermark);
        Assert.Equal(5_000_000_000, options.Broker.DiskFreeLimitBytes);
        Assert.Equal(60, options.Broker.HeartbeatSeconds);
        Assert.Equal(
            new TcpOptions { Backlog = 128, NoDelay = true, SendBufferBytes = 196608, ReceiveBufferBytes = 196608 },
            options.Tcp);
        Assert.Equal(
            ["management.tcp.port", "management.tcp.ip"],
            options.Notes.Where(n => n.Level == LogLevel.Warning).Select(n => n.Message.Split(' ')[1]));
    }

    [Fact]
    public void Nothing_configured_means_RabbitMQs_defaults()
    {
        var options = Load("");
        Assert.Equal(new ListenerOptions("default", null, 5672, IsTls: false), Assert.Single(options.Listeners));
        AssertSame(new BrokerOptions { NodeName = "rabbit@shorthost" }, options.Broker);
        Assert.Equal("rabbit@shorthost", options.Places.NodeName);
        Assert.Equal(25672, options.Places.PeerPort);
        Assert.Null(options.Tls);
        Assert.False(options.ProxyProtocol.IsEnabled);
        Assert.False(options.Log.Console);
        Assert.Empty(options.Notes);
    }

    [Fact]
    public void The_brokers_keys_reach_the_broker()
    {
        var expected = new BrokerOptions
        {
            NodeName = "rabbit@shorthost",
            FrameMaxBytes = 131072,
            InitialFrameMaxBytes = 16384,
            ChannelMax = 100,
            MaxMessageSizeBytes = 1000,
            HandshakeTimeoutMs = int.MaxValue,
            ConsumerTimeoutMs = 5_000_000_000,
            ConsumerTimeoutClosesChannel = true,
            ConsumerMaxPerChannel = 7,
            ConnectionMax = 8,
            DefaultQueueType = "quorum",
            QuorumInitialGroupSize = 5,
            DefaultUser = "ann",
            DefaultPassword = "p#w",
            DefaultVhost = "main",
            DefaultConfigure = "c",
            DefaultWrite = "w",
            DefaultRead = "r",
            CertificateLoginFrom = "subject_alternative_name",
            CertificateLoginSanType = "uri",
            CertificateLoginSanIndex = 2,
            MemoryHighWatermarkBytes = 2L << 30,
            MemoryPagingRatio = 0.7,
            DiskFreeLimit = 1.5,
            DiskFreeLimitBytes = 3_000_000_000,
            TotalMemoryBytes = 8_000_000_000,
            PasswordHashing = "sha512",
            DefinitionsPath = "/etc/rabbitmq/definitions.json",
            ProductName = "Bunny",
            ProductVersion = "1.2.3",
        };
        AssertSame(
            expected with
            {
                DefaultUserTags = ["monitoring"],
                LoopbackUsers = ["ann", "guest"],
                AuthMechanisms = ["EXTERNAL", "PLAIN"],
            },
            Load(BrokerKeys).Broker);
    }

    [Theory]
    [InlineData("loopback_users = none", "")]
    [InlineData("loopback_users.guest = false", "")]
    [InlineData("loopback_users.ann = false", "guest")]
    public void Guest_is_opened_only_when_told(string text, string users) =>
        Assert.Equal(users, string.Join(' ', Load(text).Broker.LoopbackUsers));

    [Theory]
    [InlineData("frame_max = 100", "from 4096")]
    [InlineData("auth_mechanisms.1 = CRAM-MD5", "one of PLAIN, AMQPLAIN, EXTERNAL, ANONYMOUS")]
    [InlineData("default_queue_type = lazy", "classic, quorum or stream")]
    [InlineData("password_hashing_module = crc32", "sha256, sha512 or md5")]
    [InlineData("listeners.ssl.default = 5671", "needs ssl_options.certfile")]
    public void A_value_that_makes_no_sense_stops_the_start(string text, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => Load(text));
        Assert.Contains("rabbitmq.conf:1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Listeners_in_the_file_go_before_those_of_the_environment()
    {
        _variables["RABBITMQ_NODE_PORT"] = "5698";
        _variables["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        Assert.Equal([new ListenerOptions("default", IPAddress.Loopback, 5698, IsTls: false)], Load("").Listeners);
        Assert.Equal(25698, Load("").Places.PeerPort);
        Assert.Equal(
            [new("local", IPAddress.Loopback, 5699, false), new("six", IPAddress.IPv6Loopback, 5700, false)],
            Load("listeners.tcp.local = 127.0.0.1:5699\nlisteners.tcp.six = [::1]:5700").Listeners);
        Assert.Empty(Load("listeners.tcp = none").Listeners);
    }

    [Fact]
    public void Tls_options_name_files_that_exist()
    {
        var certificate = Write("certificate.pem", "");
        var text = $"""
            listeners.tcp = none
            listeners.ssl.default = 5671
            ssl_options.certfile = {certificate}
            ssl_options.keyfile = {certificate}
            ssl_options.versions.1 = tlsv1.3
            ssl_options.versions.2 = tlsv1.1
            ssl_options.depth = 3
            ssl_options.password = secret
            ssl_handshake_timeout = 1000
            """;
        var options = Load(text);
        Assert.Equal(
            new TlsOptions
            {
                CertificateFile = certificate,
                KeyFile = certificate,
                KeyPassword = "secret",
                Protocols = SslProtocols.Tls13,
                ChainDepth = 3,
                HandshakeTimeoutMs = 1000,
            },
            options.Tls);
        Assert.Contains("tlsv1.1 is not offered", Assert.Single(options.Notes).Message, StringComparison.Ordinal);
        Refuses(text + "\nssl_options.verify = verify_peer", "needs ssl_options.cacertfile");
        Refuses(text + "\nssl_options.fail_if_no_peer_cert = true", "needs ssl_options.verify = verify_peer");
        Refuses(text + "\nssl_options.cacertfile = /no/such/file", "found \"/no/such/file\"");
        Refuses(text + "\nssl_options.versions.1 = tlsv1", "found only older ones");
    }

    [Fact]
    public void A_proxy_header_is_believed_from_near_or_named_sources_only()
    {
        var usual = Load("proxy_protocol = true");
        Assert.True(usual.ProxyProtocol.IsEnabled);
        Assert.True(usual.ProxyProtocol.Allows(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(usual.ProxyProtocol.Allows(IPAddress.IPv6Loopback));
        Assert.False(usual.ProxyProtocol.Allows(IPAddress.Parse("8.8.8.8")));
        Assert.Contains("loopback and private networks", Assert.Single(usual.Notes).Message, StringComparison.Ordinal);
        var named = Load("proxy_protocol = true\nwarren.proxy_protocol.allowed_sources.1 = 192.0.2.0/24");
        Assert.True(named.ProxyProtocol.Allows(IPAddress.Parse("192.0.2.9")));
        Assert.False(named.ProxyProtocol.Allows(IPAddress.Loopback));
        Assert.Empty(named.Notes);
    }

    [Fact]
    public void Files_of_the_directory_come_after_the_main_file_in_lexical_order()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "conf.d"));
        Write("conf.d/20-late.conf", "heartbeat = 20");
        Write("conf.d/10-early.conf", "heartbeat = 10\nframe_max = 8192");
        Write("conf.d/30-not-read.txt", "heartbeat = 30");
        var options = Load("heartbeat = 5");
        Assert.Equal(20, options.Broker.HeartbeatSeconds);
        Assert.Equal(8192, options.Broker.FrameMaxBytes);
        Assert.Equal(
            ["rabbitmq.conf", "10-early.conf", "20-late.conf"], options.ConfigurationFiles.Select(Path.GetFileName));
        _variables["RABBITMQ_CONFIG_FILES"] = Path.Combine(_directory, "conf.d", "10*.conf");
        Assert.Equal(10, Load("heartbeat = 5").Broker.HeartbeatSeconds);
    }

    [Fact]
    public void The_environment_file_lies_under_the_environment()
    {
        Write("rabbitmq-env.conf", "NODENAME=r1\nNODE_PORT=5680\nLOGS=-\n");
        _variables["RABBITMQ_NODE_PORT"] = "5681";
        var options = Load("");
        Assert.Equal("r1@shorthost", options.Places.NodeName);
        Assert.Equal(5681, options.Listeners[0].Port);
        Assert.True(options.Log.Console);
        Assert.Null(options.Log.FilePath);
    }

    [Fact]
    public void The_environments_default_user_goes_before_the_files()
    {
        _variables["RABBITMQ_DEFAULT_USER"] = "env";
        var broker = Load("default_user = file\ndefault_pass = $(WORD)").Broker;
        Assert.Equal(("env", "from-environment"), (broker.DefaultUser, broker.DefaultPassword));
    }

    [Fact]
    public void Plugins_without_function_are_noted()
    {
        Write("enabled_plugins", "[rabbitmq_management,rabbitmq_random_exchange].");
        var options = Load("");
        Assert.Equal(["rabbitmq_management", "rabbitmq_random_exchange"], options.EnabledPlugins);
        var note = Assert.Single(options.Notes);
        Assert.Contains("rabbitmq_management is accepted", note.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_file_that_is_missing_is_a_warning()
    {
        _variables["RABBITMQ_CONFIG_FILE"] = Path.Combine(_directory, "missing");
        var note = Assert.Single(NodeConfiguration.Load(MakeEnvironment()).Notes);
        Assert.Contains("missing.conf, which does not exist", note.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("log.file = false", null)]
    [InlineData("log.file = a.log", "/logs/a.log")]
    [InlineData("log.dir = /d", "/d/rabbit@shorthost.log")]
    public void Log_keys_choose_outputs(string text, string? path)
    {
        _variables["RABBITMQ_LOG_BASE"] = "/logs";
        var log = Load($"""
            log.console = true
            log.console.level = debug
            log.console.stdio = stderr
            log.connection.level = error
            {text}
            """).Log;
        Assert.Equal(path, log.FilePath);
        Assert.Equal((true, LogLevel.Debug, true), (log.Console, log.ConsoleLevel, log.ConsoleIsStandardError));
        Assert.Equal(LogLevel.Error, log.CategoryLevels[LogCategory.Connection]);
    }

    [Fact]
    public void The_level_variable_sets_all_outputs_or_a_category()
    {
        _variables["RABBITMQ_LOG"] = "debug,queue.error,-color";
        var log = Load("").Log;
        Assert.Equal((LogLevel.Debug, LogLevel.Debug), (log.ConsoleLevel, log.FileLevel));
        Assert.Equal(LogLevel.Error, log.CategoryLevels[LogCategory.Queue]);
        _variables["RABBITMQ_LOG"] = "loud";
        Refuses("", "RABBITMQ_LOG");
    }

    /// <summary>Records compare their collections by reference; this compares what is in them.</summary>
    private static void AssertSame(BrokerOptions expected, BrokerOptions found)
    {
        Assert.Equal(expected.DefaultUserTags, found.DefaultUserTags);
        Assert.Equal(expected.LoopbackUsers.Order(), found.LoopbackUsers.Order());
        Assert.Equal(expected.AuthMechanisms, found.AuthMechanisms);
        Assert.Equal(expected, found with
        {
            DefaultUserTags = expected.DefaultUserTags,
            LoopbackUsers = expected.LoopbackUsers,
            AuthMechanisms = expected.AuthMechanisms,
        });
    }

    private void Refuses(string text, string message) => Assert.Contains(
        message, Assert.Throws<ConfigurationException>(() => Load(text)).Message, StringComparison.Ordinal);

    private NodeOptions Load(string text)
    {
        Write("rabbitmq.conf", text);
        return NodeConfiguration.Load(MakeEnvironment());
    }

    private NodeEnvironment MakeEnvironment()
    {
        _variables["WORD"] = "from-environment";
        _variables.TryAdd("RABBITMQ_CONFIG_FILE", Path.Combine(_directory, "rabbitmq"));
        _variables.TryAdd("RABBITMQ_CONFIG_FILES", Path.Combine(_directory, "conf.d"));
        _variables["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(_directory, "advanced");
        _variables["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_directory, "rabbitmq-env.conf");
        _variables["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_directory, "enabled_plugins");
        return new NodeEnvironment(_variables, new Dictionary<string, string>(), _directory, "shorthost.example");
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
