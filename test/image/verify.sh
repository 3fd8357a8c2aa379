#!/usr/bin/env bash
# Builds both images without a Docker engine, then tests what they hold and how they run, against the embedded stack.
# Usage: verify.sh      Needs root and buildah; NODE_IMAGE names the base, which is pulled unless it is here.
# Where none can be pulled, `NODE_IMAGE=stand-in` makes one of Debian's packages (needs mmdebstrap too).
set -euo pipefail
usage='Usage: npm run image:verify

Builds the images without a Docker engine and tests them. Needs root and buildah; NODE_IMAGE names the base.'
case "${1-}" in
  '') ;;
  --help | -h) printf '%s\n' "$usage" 2> /dev/null || exit 141; exit 0 ;;
  *) echo "Unknown argument $1. ${usage%%$'\n'*}" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/../.."
export BUILDAH_ISOLATION=chroot

for needed in buildah unshare setpriv; do
  command -v "$needed" > /dev/null || { echo "Nothing verified: $needed is not installed." >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo 'Nothing verified: building in a chroot needs root.' >&2; exit 1; }

node scripts/make-ready.mjs --tools
base=${NODE_IMAGE:-docker.io/library/node:24-bookworm-slim}
if [ "$base" = stand-in ]; then
  base=localhost/sensorflow-stand-in:bookworm-slim
  buildah inspect --type image "$base" > /dev/null 2>&1 || test/image/stand-in-base.sh "$base"
fi

for target in api local; do
  echo "— building $target from $base"
  # The format is Docker's, because OCI's has no place for a health check.
  buildah bud --quiet --layers --format docker --pull=ifmissing --network host --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --build-arg NODE_IMAGE="$base" --target "$target" -t "localhost/sensorflow-$target:verify" . > /dev/null
done

containers=()
trap 'buildah rm "${containers[@]}" > /dev/null' EXIT
for target in api local; do
  container=$(buildah from --pull-never "localhost/sensorflow-$target:verify")
  containers+=("$container")
  export "IMAGE_${target^^}_ROOT=$(buildah mount "$container")"
done
PATH=$PWD/node_modules/.bin:$PATH vitest run --project image --reporter verbose
