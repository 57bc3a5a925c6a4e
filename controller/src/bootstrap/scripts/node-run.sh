#!/bin/bash
# Runs the node, and ends when it does: it ends itself when it has lost the lease, and is started again to wait for it.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib

image=$(setting .image)
# The log never holds the node up: what does not fit into the buffer is dropped, and the driver goes on trying to make
# its stream. https://docs.docker.com/engine/logging/configure/#configure-the-delivery-mode-of-log-messages-from-container-to-log-driver
arguments=(--log-driver awslogs
    --log-opt "awslogs-region=$AWS_DEFAULT_REGION"
    --log-opt "awslogs-group=$(setting .logGroup)"
    --log-opt "awslogs-stream=node/$(metadata instance-id)"
    --log-opt mode=non-blocking --log-opt max-buffer-size=4m)
while read -r port; do
    arguments+=(-p "$port:$port")
done < <(setting '.ports[]')

docker rm -f clctl-node >/dev/null 2>&1 || true
docker run -d --name clctl-node --stop-timeout 15 --cap-drop ALL --security-opt no-new-privileges \
    "${arguments[@]}" -v /run/clctl-node/chainlink:/chainlink:ro "$image" \
    node -config /chainlink/config.toml -config /chainlink/endpoints.toml -secrets /chainlink/secrets.toml \
    start -a /chainlink/api >/dev/null
note "node: started from $image"
exec docker wait clctl-node
