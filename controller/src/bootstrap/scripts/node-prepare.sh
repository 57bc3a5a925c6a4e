#!/bin/bash
# Before every start: secrets, from Secrets Manager into memory. What is made here goes when the unit stops.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib

# Made by systemd, in memory, for root alone.
run=/run/clctl-node
raw=$run/raw
node=$run/chainlink
user=14933

rm -rf "$raw" "$node"
mkdir "$raw"
install -d -o "$user" -g "$user" -m 0500 "$node"

# Where the database is. Its address stays as long as its name does: the last one serves while RDS does not answer.
database=/var/lib/clctl/database
name=$(setting .database.identifier)
address() {
    case $(setting .database.kind) in
        instance) "${aws[@]}" rds describe-db-instances --db-instance-identifier "$name" \
            --query 'DBInstances[0].Endpoint.Address' --output text ;;
        cluster) "${aws[@]}" rds describe-db-clusters --db-cluster-identifier "$name" \
            --query 'DBClusters[0].Endpoint' --output text ;;
    esac
}
if found=$(address) && [[ $found =~ ^[a-z0-9.-]+$ ]]; then
    printf '%s %s\n' "$name" "$found" >"$database"
elif read -r last found <"$database" && [ "$last" = "$name" ]; then
    note "node: RDS does not say where $name is; it was $found"
else
    note "node: RDS does not say where $name is"
    exit 1
fi

# Eight at a time: a node may have hundreds.
fetch() {
    "${aws[@]}" secretsmanager get-secret-value --secret-id "$2" --output json >"$raw/$(printf '%05d' "$1").json" ||
        { note "node: the secret $2 cannot be read"; return 1; }
}
mapfile -t ids < <(setting '.secrets[]')
running=0
for place in "${!ids[@]}"; do
    if [ "$running" = 8 ]; then
        wait -n
        running=7
    fi
    fetch "$place" "${ids[$place]}" &
    running=$((running + 1))
done
while [ "$running" != 0 ]; do
    wait -n
    running=$((running - 1))
done
jq -s 'map(.SecretString)' "$raw"/*.json >"$raw/secrets"

assemble() {
    jq -r --arg what "$1" --arg host "$found" --slurpfile secrets "$raw/secrets" -f "$dir/assemble.jq" "$settings"
}
for what in endpoints.toml secrets.toml api; do
    # What jq says names a secret, and never what is in it.
    assemble "$what" >"$raw/$what" 2>"$raw/error" || { note "node: $(cat "$raw/error")"; exit 1; }
done
for file in /etc/clctl/config.toml /var/lib/clctl/rds.pem "$raw/endpoints.toml" "$raw/secrets.toml" "$raw/api"; do
    install -o "$user" -g "$user" -m 0400 "$file" "$node/${file##*/}"
done

image=$(setting .image)
docker image inspect "$image" >/dev/null 2>&1 || attempt docker pull -q "$image"

# The node's own view of it. It shows all of it first, URLs too: only what is wrong is passed on, without secrets.
if ! docker run --rm --log-driver none --network none -v "$node:/chainlink:ro" "$image" \
    node -config /chainlink/config.toml -config /chainlink/endpoints.toml -secrets /chainlink/secrets.toml validate \
    >"$raw/validated" 2>&1 </dev/null; then
    sed -n '/[Ii]nvalid/,$p' "$raw/validated" | tail -n 40 >"$raw/invalid"
    jq -r --rawfile said "$raw/invalid" --arg what hidden --arg host '' --slurpfile secrets "$raw/secrets" \
        -f "$dir/assemble.jq" "$settings" >"$raw/hidden"
    note "node: the node refuses its configuration: $(cat "$raw/hidden")"
    exit 1
fi
rm -rf "$raw"
