#!/bin/bash
# What all scripts share. To be sourced.
# shellcheck disable=SC2034
set -euo pipefail
umask 077

dir=/usr/local/lib/clctl
settings=/etc/clctl/settings.json
log=/var/log/clctl.log

# Options that both generations of the AWS CLI have.
# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
export AWS_PAGER='' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=5
aws=(aws --cli-connect-timeout 5 --cli-read-timeout 20)

# What happens, for the journal, the console and the log group. Never a secret.
note() {
    printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" | tee -a "$log"
}

# Something of the instance's own metadata, by version 2 of the service. The token stands in no argument.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
metadata() {
    local url=http://169.254.169.254/latest
    curl -sSf --max-time 5 --retry 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$url/api/token" |
        sed 's/^/X-aws-ec2-metadata-token: /' |
        curl -sSf --max-time 5 --retry 3 -H @- "$url/meta-data/$1"
}

setting() {
    jq -er "$1" "$settings"
}

# Tags of this instance: `Key=…,Value=…` each.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
tag() {
    local instance
    instance=$(metadata instance-id)
    "${aws[@]}" ec2 create-tags --resources "$instance" --tags "$@" >/dev/null
}

# Attempts a command until it succeeds, for some minutes.
attempt() {
    local left
    for left in 8 7 6 5 4 3 2 1 0; do
        "$@" >>"$log" 2>&1 </dev/null && return
        [ "$left" = 0 ] || sleep $((150 / (left + 1)))
    done
    return 1
}

# What is being done while an instance starts. What fails is said in a tag, on the console and in the log.
step=start
begin() {
    step=$1
    note "boot: $step"
    tag "Key=clctl.dev/boot,Value=$step" || note "boot: cannot be said in a tag"
}

ended() {
    local status=$?
    [ "$status" != 0 ] || return 0
    note "boot: $step failed ($status). The last of the log:"
    tail -n 20 "$log"
    tag "Key=clctl.dev/boot,Value=failed: $step" || note "boot: cannot be said in a tag"
}

# Packages of Amazon Linux, if they are not there.
packages() {
    local missing=() package
    for package in "$@"; do
        rpm -q --quiet "$package" || missing+=("$package")
    done
    [ "${#missing[@]}" = 0 ] || attempt dnf -y -q install "${missing[@]}"
}

# Starts the CloudWatch agent with what it is told, or again if that is something else.
agent() {
    attempt /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \
        -a fetch-config -m ec2 -s -c file:/etc/clctl/agent.json
}

AWS_DEFAULT_REGION=$(metadata placement/region)
export AWS_DEFAULT_REGION
