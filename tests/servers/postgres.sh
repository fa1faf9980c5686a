#!/bin/sh
# A real PostgreSQL for the tests: its own cluster in a folder of the caller's, on a private socket and a free loopback port.
#   tests/servers/postgres.sh start DIR    makes and starts it, prints its URL (postgresql://...)
#   tests/servers/postgres.sh stop DIR     stops it and removes DIR
#   tests/servers/postgres.sh kill DIR     ends it at once, as a crash would; again DIR starts it on the same port
# Durable as in production (fsync on): the tests kill it. PostgreSQL refuses to run as root, so root runs it as user postgres.
set -eu

fail() { echo "postgres.sh: $*" >&2; exit 1; }
[ $# = 2 ] || fail "usage: postgres.sh start|stop|kill|again DIR"
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
[ -x "$bin/initdb" ] || fail "PostgreSQL is not installed (apt-get install postgresql-15)"

as_owner() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- env -u PGDATA HOME="$dir" "$@")
	else
		"$@"
	fi
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
	# The folder above may be private to root: the server's own lies where user postgres can reach it.
	home=$(mktemp -d /tmp/reeve-postgres-XXXXXX)
	echo "$home" >"$dir/home"
	[ "$(id -u)" != 0 ] || chown postgres: "$home"
	as_owner "$bin/initdb" -D "$home/data" -U reeve -A trust -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 ||
		{ cat "$dir/log" >&2; fail "initdb failed"; }
	port=$(free_port)
	cat >>"$home/data/postgresql.conf" <<-END
	listen_addresses = '127.0.0.1'
	port = $port
	unix_socket_directories = '$home'
	unix_socket_permissions = 0777
	fsync = on
	max_connections = 200
	shared_buffers = 64MB
	log_min_messages = fatal
	END
	# Anybody of this machine may connect to the private socket's folder only if they can enter it.
	chmod 755 "$home"
	as_owner "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 start >"$dir/log" 2>&1 ||
		{ cat "$dir/log" "$home/log" >&2; fail "the server did not start"; }
	echo "postgresql://reeve@/postgres?host=$home&port=$port"
}

find_home() {
	[ -f "$dir/home" ] || fail "no server was started for '$dir'"
	home=$(cat "$dir/home")
	case $home in /tmp/reeve-postgres-*) ;; *) fail "'$dir/home' does not name a server of ours" ;; esac
}

stop() {
	find_home
	[ ! -f "$home/data/postmaster.pid" ] || as_owner "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$home"
	rm -rf "$dir"
}

crash() {
	find_home
	as_owner "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >"$dir/log" 2>&1
}

again() {
	find_home
	as_owner "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 start >"$dir/log" 2>&1
}

case $command in
start) start ;;
stop) stop ;;
kill) crash ;;
again) again ;;
*) fail "unknown command '$command'" ;;
esac
