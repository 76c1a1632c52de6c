# Runs while the image is built: puts Node and npm into /usr/local from the npm registry when the base image has no Node.
set -eu

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
  echo "The base image has Node $(node --version)."
  exit 0
fi

case $(uname -m) in
  x86_64) platform=linux-x64 sum=$NODE_SHA512_X64 ;;
  aarch64) platform=linux-arm64 sum=$NODE_SHA512_ARM64 ;;
  *) echo "There is no Node for $(uname -m) on the npm registry: use a BASE_IMAGE that has Node." >&2; exit 1 ;;
esac

# fetch URL SHA512 FILE
fetch() {
  curl --fail --silent --show-error --location --retry 3 --output "$3" "$1" || { echo "$1 cannot be fetched. Behind a company proxy, build with --ca FILE." >&2; exit 1; }
  echo "$2  $3" | sha512sum --check --status || { echo "$1 is not what was expected: its checksum differs." >&2; exit 1; }
}

work=$(mktemp -d)
fetch "$NPM_REGISTRY/node-$platform/-/node-$platform-$NODE_VERSION.tgz" "$sum" "$work/node.tgz"
fetch "$NPM_REGISTRY/npm/-/npm-$NPM_VERSION.tgz" "$NPM_SHA512" "$work/npm.tgz"
tar -xzf "$work/node.tgz" -C "$work" package/bin/node
install -m 755 "$work/package/bin/node" /usr/local/bin/node
rm -rf "$work/package"
mkdir -p /usr/local/lib/node_modules/npm
tar -xzf "$work/npm.tgz" -C /usr/local/lib/node_modules/npm --strip-components=1
ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
chmod 755 /usr/local/lib/node_modules/npm/bin/*.js
rm -rf "$work"
