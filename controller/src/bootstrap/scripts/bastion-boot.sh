#!/bin/bash
# Makes a bastion out of a fresh instance, and finds everything done on one that starts again.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib
trap ended EXIT

# One of the addresses of the bastions that nobody else has. Another instance may want the same one: who comes second
# takes the next. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
claim() {
    local instance ids found address holder association
    instance=$(metadata instance-id) || return
    mapfile -t ids </etc/clctl/addresses
    found=$("${aws[@]}" ec2 describe-addresses --allocation-ids "${ids[@]}" --output text \
        --query "Addresses[].[AllocationId, InstanceId || '-', AssociationId || '-']") || return
    while read -r address holder association; do
        [ "$holder" != "$instance" ] || return 0
    done <<<"$found"
    while read -r address holder association; do
        [ "$association" = - ] || continue
        "${aws[@]}" ec2 associate-address --allocation-id "$address" --instance-id "$instance" \
            --no-allow-reassociation && return
    done <<<"$found"
    return 1
}

# Before anything is fetched: with it the address changes that others see, and connections break.
begin address
attempt claim

begin packages
packages amazon-cloudwatch-agent audit
! grep -qx 'X11Forwarding yes' /etc/ssh/sshd_config.d/10-clctl.conf || packages xorg-x11-xauth

begin ssh
sshd -t
systemctl reload-or-restart sshd.service

# What people do. The rule that Amazon Linux begins with would hide it.
begin audit
sed -i '/^-a *\(task,never\|never,task\)$/d' /etc/audit/rules.d/audit.rules
systemctl enable --now --quiet auditd.service
augenrules --load >>"$log" 2>&1

begin agent
agent

begin 'done'
