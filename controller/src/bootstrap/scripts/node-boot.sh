#!/bin/bash
# Makes a node out of a fresh instance, and finds everything done on one that starts again.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib
trap ended EXIT

begin packages
packages docker amazon-cloudwatch-agent jq openssl
systemctl enable --now --quiet docker.service

# The certificates that those of databases are issued by. They come over TLS, and have to be what they are taken for.
begin certificates
bundle=/var/lib/clctl/rds.pem
if [ ! -s "$bundle" ]; then
    mkdir -p /var/lib/clctl
    attempt curl -sSf --proto =https --tlsv1.2 --max-time 60 -o "$bundle.new" "$(setting .certificates.url)"
    names=$(openssl crl2pkcs7 -nocrl -certfile "$bundle.new" | openssl pkcs7 -print_certs -noout)
    grep -qF "$(setting .certificates.issuer)" <<<"$names" ||
        { note "boot: there are no certificates for this region among them"; exit 1; }
    mv "$bundle.new" "$bundle"
fi

# Before the node is stopped, if it runs: it is not to wait for a registry.
begin image
image=$(setting .image)
docker image inspect "$image" >/dev/null 2>&1 || attempt docker pull -q "$image"

begin node
systemctl start clctl-role.timer clctl-metrics.timer
systemctl start clctl-node.service

begin agent
agent

begin 'done'
