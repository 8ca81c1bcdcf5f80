# process.sh, sourced by the scripts of servers: waits for a process, and ends it, by the file that holds its id.

listens() { # PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

await() { # PIDFILE LOG COMMAND ...: until the command succeeds; what the log says when the process ended, or after a minute
    local pid_file=$1 log=$2
    shift 2
    for _ in $(seq 600); do
        "$@" && return 0
        kill -0 "$(cat "$pid_file")" 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    return 1
}

end() { # PIDFILE: twenty seconds for a clean stop
    local pid
    pid=$(cat "$1")
    kill -TERM "$pid" 2>/dev/null || return 0
    for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$pid"
}
