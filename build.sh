#!/usr/bin/env bash
# The one way to build, run, test and ship Warren. ./build.sh without a command lists what it can do.
# Missing tools are installed where the machine allows it; what cannot be installed is said in one sentence.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en
# A bare machine has no ICU; neither the build nor Warren needs it.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

readonly sdk_channel=10.0
readonly sdk_script=https://dot.net/v1/dotnet-install.sh

usage() {
    cat <<'TEXT'
usage: ./build.sh COMMAND

  run [-- options]     build if needed and run one node in the foreground, data under ./var
  test                 all tests
  lint                 formatting, analyzers, tidy
  dist                 a relocatable tree in ./dist that needs no .NET
  bench [NAME ...]     the measurements, as tables of ratios
  simulate [NAME ...]  the node log on a disk that crashes, fails and is damaged (storage), the consensus core on
                       nodes and a network that do likewise (consensus), both together (groups), whole brokers with
                       clients (nodes); tells the seed that broke it. "canaries", only by name: whether the simulation of
                       nodes finds the mistakes that are planted in a copy of the sources
                         --minutes N   how long, each (10)     --seed N [--seeds N]   only these: a replay
  faults [NAME ...]    a node in a process of its own, under load: kill -9 (kill), a stop (clean), a full disk (full);
                       three on machines of their own (cluster; --short: one of each kind; or of it by name: forming,
                       joining, guide, failover, leader, rolling, partition, disks, clock, membership, balancer)
                         --rounds N    kills (200)        --seed N   a replay of what the clients want to do
                         --broker rabbitmq                the same for RabbitMQ, to see what the runs are worth

  package is not built yet.
TEXT
}

say() { printf 'build.sh: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# --- what the machine must have -------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

# install_packages NAME ...: with the distribution's own tool; false when that is not possible.
install_packages() {
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq >/dev/null 2>&1 || true
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q "$@" >/dev/null 2>&1
    elif command -v yum >/dev/null; then
        as_root yum install -y -q "$@" >/dev/null 2>&1
    else
        return 1
    fi
}

has_sdk() { command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q "^${sdk_channel%%.*}\."; }

use_own_sdk() {
    [ -x .tools/dotnet/dotnet ] || return 1
    export DOTNET_ROOT="$PWD/.tools/dotnet" PATH="$PWD/.tools/dotnet:$PATH"
}

download() {
    if command -v curl >/dev/null; then
        curl -fsSL --retry 2 --max-time 300 -o "$2" "$1"
    else
        wget -q -T 300 -O "$2" "$1"
    fi
}

install_own_sdk() {
    command -v curl >/dev/null || command -v wget >/dev/null || install_packages curl ca-certificates || return 1
    # The SDK's native parts want these two; most machines have them.
    if command -v apt-get >/dev/null; then install_packages ca-certificates libstdc++6 openssl || true; fi
    if command -v dnf >/dev/null; then install_packages libstdc++ openssl-libs tar gzip || true; fi
    mkdir -p .tools
    download "$sdk_script" .tools/dotnet-install.sh 2>/dev/null || return 1
    bash .tools/dotnet-install.sh --channel "$sdk_channel" --install-dir .tools/dotnet --no-path >/dev/null || return 1
    use_own_sdk
}

need_sdk() {
    has_sdk && return
    use_own_sdk && has_sdk && return
    say "the .NET SDK $sdk_channel is missing; installing it"
    install_packages "dotnet-sdk-$sdk_channel" && has_sdk && return
    install_own_sdk && has_sdk && return
    fail "the .NET SDK $sdk_channel is missing and neither this system's packages nor $sdk_script could provide it;" \
        "install it (https://dotnet.microsoft.com/download) and start again"
}

# The command line tools are compiled to native code, by the machine's own compiler and linker.
need_native_compiler() {
    if command -v clang >/dev/null || command -v gcc >/dev/null; then return; fi
    say "a compiler for the command line tools is missing; installing gcc"
    if command -v apt-get >/dev/null; then
        install_packages gcc libc6-dev zlib1g-dev || true
    else
        install_packages gcc glibc-devel zlib-devel || true
    fi
    command -v gcc >/dev/null || fail "neither clang nor gcc is there, and this system's packages could not provide gcc;" \
        "install one and start again"
}

# Other people's clients for the conformance tests. Tests whose client is missing skip themselves and say so.
want_clients() {
    [ -d tests/Conformance ] || return 0
    local missing=()
    command -v amqp-publish >/dev/null || missing+=(amqp-tools)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    local module
    for module in pika kombu celery; do
        /usr/bin/python3 -c "import $module" 2>/dev/null || missing+=("python3-$module")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        say "installing the clients of the conformance tests: ${missing[*]}"
        # One at a time where all at once fails: a distribution may lack some of them.
        install_packages "${missing[@]}" || for module in "${missing[@]}"; do
            install_packages "$module" || say "$module could not be installed; the tests that use it will be skipped"
        done
    fi
    want_node_modules
}

want_node_modules() {
    command -v npm >/dev/null || return 0
    local manifest
    while IFS= read -r manifest; do
        local directory=${manifest%/package.json}
        [ -d "$directory/node_modules" ] && continue
        (cd "$directory" && npm install --no-audit --no-fund --loglevel=error >/dev/null) \
            || say "npm could not install what $directory needs; its tests will be skipped"
    done < <(find tests/Conformance -name package.json -not -path '*/node_modules/*')
}

# --- commands -------------------------------------------------------------------------------------------------------

build() { dotnet build "$1" -c Release -v q -clp:NoSummary "${@:2}" >&2; }

command_run() {
    [ "${1:-}" = "--" ] && shift
    need_sdk
    if build_image src/Server/bin/run >/dev/null 2>&1; then
        exec src/Server/bin/run/warren "$@"
    fi
    build src/Server
    exec dotnet src/Server/bin/Release/net10.0/warren.dll "$@"
}

# build_image DIRECTORY: the node compiled ahead of time, in one image with the framework, which holds generic code of the
# framework over our types: else half of a start is the runtime compiling what it compiled at the last one. The compiler
# is a package; without it, or with a mistake in the code, whoever calls has the word.
build_image() {
    dotnet publish src/Server -c Release -r "$(native_system)" --self-contained -v q -clp:NoSummary \
        -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=true -o "$1"
}

native_system() {
    local system=linux architecture=x64
    [ "$(uname -s)" = Darwin ] && system=osx
    case $(uname -m) in aarch64 | arm64) architecture=arm64 ;; esac
    echo "$system-$architecture"
}

# Ends with the line "N passed, N failed, N skipped" and fails when anything failed.
command_test() {
    need_sdk
    want_clients
    build Warren.slnx
    local output status=0
    output=$(mktemp)
    dotnet test --solution Warren.slnx -c Release --no-build --no-progress --no-ansi "$@" 2>&1 | tee "$output" || status=$?
    local passed failed skipped errors
    passed=$(count succeeded "$output")
    failed=$(count failed "$output")
    skipped=$(count skipped "$output")
    errors=$(count error "$output")
    rm -f "$output"
    # A test program that crashed or ran nothing is a failure too, though no test of it is counted.
    failed=$((failed + errors))
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

# count WORD FILE: the number behind "WORD:" in the summary of dotnet test, 0 when it is not there.
count() { sed -n "s/^  $1: \([0-9][0-9]*\)\$/\1/p" "$2" | tail -1 | grep . || echo 0; }

command_lint() {
    need_sdk
    build Warren.slnx
    local status=0
    dotnet format Warren.slnx --no-restore --verify-no-changes --severity warn || status=1
    dotnet run --project tests/Tidy -c Release --no-build || status=1
    command -v patch >/dev/null || install_packages patch || fail "lint needs patch, which could not be installed"
    patch -p1 --dry-run --force --quiet <tests/Broker.Tests/Cluster/Nodes/Canaries/canaries.patch || {
        say "canaries.patch does not fit the sources any more: the mistakes that it plants must follow them"
        status=1
    }
    return "$status"
}

command_dist() {
    need_sdk
    need_native_compiler
    case $(uname -m) in
        x86_64 | aarch64) ;;
        *) fail "a tree can be made on x86_64 and aarch64; this machine is $(uname -m)" ;;
    esac
    # What an operator keeps in a tree (etc/rabbitmq/*.conf, var/) stays.
    rm -rf dist/lib dist/sbin dist/share
    mkdir -p dist/etc/rabbitmq dist/share/doc/warren
    build_image dist/lib/warren >&2
    rm -f dist/lib/warren/*.pdb
    dotnet publish src/Cli -c Release -r "$(native_system)" -v q -clp:NoSummary \
        -p:DebugType=none -o src/Cli/bin/native >&2
    cp src/Cli/bin/native/warren-cli dist/lib/warren/
    cp -R packaging/tree/. dist/
    local tool
    for tool in rabbitmqctl rabbitmq-plugins rabbitmq-queues rabbitmq-diagnostics rabbitmq-upgrade; do
        ln -s ../lib/warren/warren-cli "dist/sbin/$tool"
    done
    local document
    for document in LICENSE README.md CHANGELOG.md; do
        if [ -f "$document" ]; then cp "$document" dist/share/doc/warren/; fi
    done
    echo "dist/sbin is ready: rabbitmq-server, rabbitmqctl and its kin, warren ($(du -sh dist/lib | cut -f1))"
}

command_bench() {
    need_sdk
    exec bench/run "$@"
}

command_simulate() {
    local seed='' seeds=1 name names=''
    while [ $# -gt 0 ]; do
        case $1 in
            storage | consensus | groups | nodes | canaries)
                names="$names $1"
                shift
                continue
                ;;
            --minutes | --seed | --seeds)
                case ${2:-} in '' | *[!0-9]*) fail "$1 takes a number" ;; esac
                ;;
            *) fail "simulate knows storage, consensus, groups, nodes, canaries, --minutes, --seed and --seeds; this is \"$1\"" ;;
        esac
        case $1 in
            --minutes) export WARREN_SIMULATE_MINUTES=$2 ;;
            --seed) seed=$2 ;;
            --seeds) seeds=$2 ;;
        esac
        shift 2
    done
    if [ -n "$seed" ]; then
        export WARREN_SIMULATE_SEED=$seed WARREN_SIMULATE_LAST_SEED=$((seed + seeds - 1))
    fi
    need_sdk
    for name in ${names:-storage consensus groups nodes}; do
        case $name in
            storage) simulate_with Storage '*FullSimulationTests' ;;
            consensus) simulate_with Cluster '*FullClusterSimulationTests' ;;
            groups) simulate_with Cluster '*FullGroupSimulationTests' ;;
            nodes) simulate_with Broker '*FullNodesSimulationTests' ;;
            canaries) tests/Broker.Tests/Cluster/Nodes/Canaries/run ;;
        esac
    done
}

# simulate_with PROJECT CLASS: runs what is too long for the other tests.
simulate_with() {
    build "tests/$1.Tests"
    dotnet "tests/$1.Tests/bin/Release/net10.0/Warren.$1.Tests.dll" \
        -explicit only -showliveoutput -noColor -class "$2"
}

command_faults() {
    need_sdk
    build tests/Faults
    exec dotnet tests/Faults/bin/Release/net10.0/Warren.Faults.dll run "$@"
}

not_built() {
    say "$1 is not built yet"
    exit 2
}

case ${1:-} in
    run | test | lint | dist | bench | simulate | faults)
        command_name=$1
        shift
        "command_$command_name" "$@"
        ;;
    package) not_built "$1" ;;
    '' | help | -h | --help) usage ;;
    *)
        say "unknown command \"$1\""
        usage >&2
        exit 2
        ;;
esac
