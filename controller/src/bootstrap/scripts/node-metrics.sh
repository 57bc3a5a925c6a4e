#!/bin/bash
# What alarms have to know of this node whatever it is, each once for a minute: whether it is the active one, and whether
# its GUI answers; and every five minutes, of each chain, how many RPC endpoints cannot be reached from here.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib

run=/run/clctl-metrics
endpoints=/run/clctl-node/chainlink/endpoints.toml
minute=$(($(date +%s) / 60 * 60))
now=$(date -u -d "@$minute" +%FT%TZ)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
publish() {
    "${aws[@]}" cloudwatch put-metric-data --namespace "$(setting .namespace)" --metric-data "$1"
}

code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://127.0.0.1:6688/health) || true
case $code in
    200 | 207) active=1 answers=1 ;;
    # It has the lease, and migrates the database.
    2??) active=1 answers=0 ;;
    *) active=0 answers=0 ;;
esac
publish "$(jq -cn --arg at "$now" --argjson active "$active" --argjson answers "$answers" '
    [{MetricName: "node_active", Value: $active}, {MetricName: "gui_answers", Value: $answers}]
    | map(. + {Timestamp: $at, Unit: "Count"})')"

if [ $((minute % 300)) != 0 ] || [ ! -e "$endpoints" ]; then
    exit 0
fi

# When all of it has to be known, in seconds from the start: what is said of it has to be out before the unit is ended.
# Who has not answered by then has not been reached.
deadline=40

# Whether somebody speaks JSON-RPC there. The URL stands in no argument: it usually has a key in it.
reaches() {
    local answer left=$((deadline - SECONDS))
    [ "$left" -gt 0 ] || return 1
    answer=$(printf 'url = %s\n' "$1" |
        curl -s --max-time $((left < 5 ? left : 5)) -K - -H 'content-type: application/json' \
            -d '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}') || return 1
    jq -e '.result | startswith("0x")' <<<"$answer" >/dev/null 2>&1
}

# Sixty-four at a time: a node may have hundreds, and all of them may hang.
declare -A chains=()
running=0
: >"$run/unreachable"
while read -r name _ value; do
    case $name in
        ChainID)
            chain=${value//\"/}
            chains[$chain]=1
            ;;
        HTTPURL)
            if [ "$running" = 64 ]; then
                wait -n || true
                running=63
            fi
            { reaches "$value" || printf '%s\n' "$chain" >>"$run/unreachable"; } &
            running=$((running + 1))
            ;;
    esac
done <"$endpoints"
wait
publish "$(printf '%s\n' "${!chains[@]}" | jq -cnR --arg at "$now" --rawfile failed "$run/unreachable" '
    ($failed | split("\n")) as $failed
    | [inputs as $chain | {
        MetricName: "rpc_endpoints_unreachable", Dimensions: [{Name: "chainId", Value: $chain}],
        Timestamp: $at, Unit: "Count", Value: ($failed | map(select(. == $chain)) | length),
    }]')"
