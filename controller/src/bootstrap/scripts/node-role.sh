#!/bin/bash
# What this node is, by its own account, as tags of its instance: active (it serves), standby (it waits for the lease of
# the database, and listens nowhere), starting, or failing; and since when it is that.
# shellcheck source=lib.sh
. /usr/local/lib/clctl/lib

grace=120
well=/run/clctl-role/well
restarted=/run/clctl-role/restarted
changed=/run/clctl-role/changed
published=/run/clctl-role/published
now=$(date +%s)
[ -e "$well" ] || printf '%s\n' "$now" >"$well"

# Where a standby says nothing, its connection to the database is what shows that it waits.
connected() {
    awk -v port="$(printf ':%04X' "$(setting .database.port)")" \
        '$4 == "01" && substr($3, length($3) - 4) == port { found = 1 } END { exit !found }' "/proc/$1/net/tcp"
}

look() {
    local running started pid code ended=0
    read -r running started pid < <(docker inspect -f '{{.State.Running}} {{.State.StartedAt}} {{.State.Pid}}' clctl-node 2>/dev/null)
    [ "$running" = true ] || return 1
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://127.0.0.1:6688/health) || ended=$?
    case $code in
        # 207 says that something is failing, an RPC endpoint for example; it serves, and holds the lease. 204 is a
        # node that has the lease and migrates the database.
        2??) echo active && return ;;
        # Nobody listens, unless there was no answer in time: who does not answer waits for nothing.
        000) [ "$ended" != 28 ] || return 1 ;;
        *) return 1 ;;
    esac
    # All of it is read: who speaks to a reader that has gone fails.
    if docker logs --tail 20 clctl-node 2>&1 | grep -F 'currently holding the database lease' >/dev/null; then
        echo standby
    elif [ "$(setting .silent)" = true ] && [ $((now - $(date -d "$started" +%s))) -gt "$grace" ] && connected "$pid"; then
        echo standby
    else
        return 1
    fi
}

if role=$(look); then
    printf '%s\n' "$now" >"$well"
elif [ $((now - $(cat "$well"))) -le "$grace" ]; then
    role=starting
else
    role=failing
    # It does nothing that a new start could harm, and that takes secrets as they are by then: a password that was
    # changed under both nodes is what none of them recovers from alone. Once in ten minutes.
    # It stays failing since then, so that whoever looks sees for how long.
    last=$(cat "$well")
    if [ -e "$restarted" ] && [ "$(cat "$restarted")" -gt "$last" ]; then
        last=$(cat "$restarted")
    fi
    if [ $((now - last)) -gt 600 ]; then
        note "node: it has been failing for ten minutes: started again"
        systemctl --no-block restart clctl-node.service
        printf '%s\n' "$now" >"$restarted"
    fi
fi

# Since when it is that, whether or not that could be said.
since=$now
if [ -e "$changed" ]; then
    read -r last at <"$changed"
    [ "$role" != "$last" ] || since=$at
fi
printf '%s %s\n' "$role" "$since" >"$changed"

# When it changes, and once a minute.
if [ -e "$published" ]; then
    read -r last at <"$published"
    [ "$role" != "$last" ] || [ $((now - at)) -ge 60 ] || exit 0
fi
tag "Key=clctl.dev/role,Value=$role since $(date -u -d "@$since" +%FT%TZ)" \
    "Key=clctl.dev/heartbeat,Value=$(date -u -d "@$now" +%FT%TZ)"
printf '%s %s\n' "$role" "$now" >"$published"
