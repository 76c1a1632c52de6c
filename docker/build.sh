#!/bin/sh
# Builds the image that agents run in. Works from any folder; the build context is a copy, nothing is written beside this file.
set -eu

usage() {
  cat <<'USAGE'
docker/build.sh [options]

  --tag NAME         the image's name               (default tmux-agents-base:latest)
  --base IMAGE       the Debian or Ubuntu base       (default node:24-bookworm-slim; or BASE_IMAGE)
  --bootstrap        make the base here with debootstrap, for a machine that can pull nothing (as root)
  --agents "P P"     npm packages of agent CLIs to put in, such as "@anthropic-ai/claude-code @openai/codex" (or AGENT_CLIS)
  --ca FILE          extra CA certificates, PEM; may be given again (or EXTRA_CA_CERTS=FILE[:FILE])
  --uid N, --gid N   the image's own user            (default: yours, or 1000 when you are root)
  --no-cache         build every layer anew, the bootstrap base too
  --print-content    only print the fingerprint of what the image is built from (label tmux-agents.image.content)
  --help             this text

Environment: BASE_IMAGE, AGENT_CLIS, EXTRA_CA_CERTS, DEBIAN_SUITE (bookworm), DEBIAN_MIRROR (http://deb.debian.org/debian),
NPM_REGISTRY, DOCKER (docker), http_proxy, https_proxy, no_proxy. DOCKER_HOST and DOCKER_CONTEXT choose the engine.
USAGE
}

fail() {
  printf 'build.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

value() {
  [ "$2" -ge 2 ] || fail "$1 needs a value (see --help)." 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
docker=${DOCKER:-docker}
tag=tmux-agents-base:latest
base=${BASE_IMAGE:-}
agents=${AGENT_CLIS:-}
suite=${DEBIAN_SUITE:-bookworm}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
uid=$(id -u) gid=$(id -g)
bootstrap=no cache=yes print_content=no
# One certificate file per line: a path may hold anything else.
cas=$(printf '%s' "${EXTRA_CA_CERTS:-}" | tr ':' '\n')
newline='
'

while [ $# -gt 0 ]; do
  case $1 in
    --tag) value "$1" $#; tag=$2; shift ;;
    --base) value "$1" $#; base=$2; shift ;;
    --agents) value "$1" $#; agents=$2; shift ;;
    --ca) value "$1" $#; cas="$cas$newline$2"; shift ;;
    --uid) value "$1" $#; uid=$2; shift ;;
    --gid) value "$1" $#; gid=$2; shift ;;
    --bootstrap) bootstrap=yes ;;
    --no-cache) cache=no ;;
    --print-content) print_content=yes ;;
    --help | -h) usage; exit 0 ;;
    *) fail "unknown option: $1 (see --help)." 2 ;;
  esac
  shift
done

[ "$bootstrap" = no ] || [ -z "$base" ] || fail "--bootstrap makes the base image itself: leave --base and BASE_IMAGE out." 2
for number in "$uid" "$gid"; do
  case $number in '' | *[!0-9]*) fail "--uid and --gid are numbers, not \"$number\"." 2 ;; esac
done
[ "$uid" != 0 ] || uid=1000
[ "$gid" != 0 ] || gid=1000
# Names of npm packages, with a version perhaps, and nothing that npm would take for an option or a path.
for package in $(set -f; printf '%s ' $agents); do
  case $package in -* | .* | /* | *[!A-Za-z0-9@/._~^-]*) fail "\"$package\" is not the name of an npm package." 2 ;; esac
done

content_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}
parts="Dockerfile tmux.conf install-node.sh install-agents.sh make-user.sh nss/anyuid.c"
content=$(for part in $parts; do printf '%s\n' "$part"; cat -- "$here/$part"; done | content_of | cut -c1-16)
if [ "$print_content" = yes ]; then
  printf '%s\n' "$content"
  exit 0
fi

command -v "$docker" >/dev/null 2>&1 || fail "Docker is not installed: $docker was not found. See https://docs.docker.com/get-started/get-docker/."
if ! answer=$("$docker" version --format '{{.Server.Version}}' 2>&1 </dev/null); then
  fail "the Docker daemon does not answer: start Docker Desktop or \"sudo systemctl start docker\". It said: $(printf '%s' "$answer" | tail -n 1)"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tmux-agents-image.XXXXXX") || fail "no temporary folder can be made in ${TMPDIR:-/tmp}."
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
context=$work/context
mkdir -p "$context/ca"

# The context: the parts with fixed modes, and each certificate in a file of its own, so that the cache sees only contents.
for part in $parts; do
  mkdir -p "$context/$(dirname -- "$part")"
  cat -- "$here/$part" >"$context/$part"
done
cp -- "$here/ca/README.md" "$context/ca/README.md"
printf '%s\n' "$cas" >"$work/cas"
while IFS= read -r file; do
  [ -n "$file" ] || continue
  [ -f "$file" ] && [ -r "$file" ] || fail "the CA file $file cannot be read."
  cat -- "$file" >>"$work/ca.pem"
  # A file without a newline at its end must not swallow the next file's first line.
  printf '\n' >>"$work/ca.pem"
done <"$work/cas"
if [ -f "$work/ca.pem" ]; then
  tr -d '\r' <"$work/ca.pem" | awk -v folder="$context/ca" '
    /-----BEGIN (TRUSTED )?CERTIFICATE-----/ { file = sprintf("%s/extra-%04d.crt", folder, ++count) }
    file != "" { print > file }
    /-----END (TRUSTED )?CERTIFICATE-----/ { close(file); file = "" }
    END { exit count == 0 }' || fail "there is no certificate in PEM form in the CA files."
fi
find "$context" -type d -exec chmod 755 {} +
find "$context" -type f -exec chmod 644 {} +

if [ "$bootstrap" = yes ]; then
  base=tmux-agents-bootstrap:$suite
  if [ "$cache" = no ] || ! "$docker" image inspect "$base" >/dev/null 2>&1 </dev/null; then
    command -v debootstrap >/dev/null 2>&1 || fail "--bootstrap needs debootstrap: sudo apt-get install debootstrap."
    [ "$(id -u)" = 0 ] || fail "--bootstrap needs root, since debootstrap does: run it with sudo."
    printf 'Making the base image %s from %s\n' "$base" "$mirror"
    if ! debootstrap --variant=minbase "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1; then
      tail -n 5 "$work/debootstrap.log" >&2
      fail "debootstrap could not make $suite from $mirror."
    fi
    rm -rf -- "$work/root/var/cache/apt/archives" "$work/root/var/lib/apt/lists"
    mkdir -p "$work/root/var/cache/apt/archives/partial" "$work/root/var/lib/apt/lists/partial"
    tar -C "$work/root" -c . | "$docker" import - "$base" >/dev/null || fail "Docker could not import the base image."
    rm -rf -- "$work/root"
  fi
fi

set -- build --tag "$tag" --build-arg "AGENT_CLIS=$agents" --build-arg "AGENT_UID=$uid" --build-arg "AGENT_GID=$gid" --build-arg "CONTENT=$content"
[ -z "$base" ] || set -- "$@" --build-arg "BASE_IMAGE=$base"
[ -z "${NPM_REGISTRY:-}" ] || set -- "$@" --build-arg "NPM_REGISTRY=$NPM_REGISTRY"
[ "$cache" = yes ] || set -- "$@" --no-cache
# Only the names: Docker reads the values itself, so that a proxy's password shows in no process list.
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  eval "[ -z \"\${$name:-}\" ]" || set -- "$@" --build-arg "$name"
done

# Through stdin: also a Docker that cannot see this folder, such as a snap or a remote one, can build.
tar -C "$context" -c . | "$docker" "$@" - || fail "the image $tag was not built: see the lines above. If the base image could not be pulled, try --bootstrap; if a certificate was refused, --ca FILE."
printf 'Built %s\n' "$tag"
