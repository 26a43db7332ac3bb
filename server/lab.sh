#!/bin/sh
# make run | run-privileged | stop: the lab's server on port 8080, in a container where docker or podman is
# there, otherwise in place. CONTAINER_ENGINE names another engine ("none": in place), CONTAINER_BUILD and
# CONTAINER_RUN are more options for its build and run.
set -eu
cd "$(dirname "$0")/.."
name=tracekit-server
place=$PWD/.run

engine() {
    if [ -n "${CONTAINER_ENGINE:-}" ]; then
        echo "$CONTAINER_ENGINE"
    elif docker info >/dev/null 2>&1; then
        echo docker
    elif podman info >/dev/null 2>&1; then
        echo podman
    else
        echo none
    fi
}

# shellcheck disable=SC2086  # lists of words
in_container() {
    $engine build ${CONTAINER_BUILD:-} -t $name -f server/Containerfile .
    stop_container
    $engine run --detach --name $name --hostname $name -p 8080:80 "$@" ${CONTAINER_RUN:-} $name >/dev/null
    cat <<END
The server runs in the container $name, on port 8080 of this machine.
  curl localhost:8080
  $engine exec -it $name bash       then: ps -efL, tracekit doctor
  make stop
END
}

stop_container() {
    $engine rm --force $name >/dev/null 2>&1 || true
}

serve_in_place() {
    "${TRACEKIT:-.venv/bin/tracekit}" serve -k "$1" \
        -c "PidFile $place/httpd.pid" -c "ErrorLog $place/error_log" -c "CustomLog $place/access_log dispatch"
}

in_place() {
    mkdir -p "$place"
    echo "There is neither docker nor podman here: the server runs in place."
    serve_in_place start
    cat <<END
It listens on port 8080 of this machine's loopback, with its logs in $place.
  curl localhost:8080
  ps -efL                           to trace it: as root, or see tracekit doctor
  make stop
END
}

stop() {
    if [ "$engine" != none ]; then stop_container; fi
    if [ -e "$place/httpd.pid" ]; then serve_in_place stop; fi
}

engine=$(engine)
# CAP_SYS_PTRACE is all that attaching to another user's process takes (ptrace(2)); no other privilege is given.
case "$engine-${1:-}" in
none-run | none-run-privileged) in_place ;;
*-run) in_container ;;
*-run-privileged) in_container --cap-add SYS_PTRACE ;;
*-stop) stop ;;
*) echo "usage: $0 run|run-privileged|stop" >&2; exit 2 ;;
esac
