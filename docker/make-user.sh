# Runs while the image is built: make-user.sh UID GID makes the user `agent` and a home that any uid can write to.
set -eu
uid=$1 gid=$2

# The base image may have given the uid or the name away, as node:24 does with 1000.
taken=$(getent passwd "$uid" | cut -d: -f1 || true)
for name in "$taken" agent; do
  if [ -n "$name" ] && [ "$name" != root ] && id "$name" >/dev/null 2>&1; then userdel "$name"; fi
done
if getent group agent >/dev/null; then groupdel agent; fi
getent group "$gid" >/dev/null || groupadd --gid "$gid" agent
useradd --uid "$uid" --gid "$gid" --home-dir /home/agent --no-create-home --shell /bin/bash agent

mkdir -p /home/agent
cp -r /etc/skel/. /home/agent/

# Made beforehand, so that a mount below one of them does not leave a folder of root's that the agent cannot write to.
for folder in .config .cache .local .local/bin .local/share .local/state; do mkdir -p "/home/agent/$folder" "/root/$folder"; done
chown -R "$uid:$gid" /home/agent
find /home/agent -type d -exec chmod 0777 {} +
find /home/agent -type f -exec chmod 0666 {} +
mkdir -p /workspace
chown "$uid:$gid" /workspace
chmod 0777 /workspace
