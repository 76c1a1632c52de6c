# Runs while the image is built: installs the named npm packages for all users, and checks that their commands are there.
set -eu

[ $# -gt 0 ] || exit 0
# The scripts of exactly these packages may run: some of them put their program in place that way.
npm install --global --no-update-notifier --no-audit --no-fund --foreground-scripts --allow-scripts="$(echo "$*" | tr ' ' ',')" "$@"
npm cache clean --force >/dev/null 2>&1
rm -rf /root/.npm /tmp/node-compile-cache
