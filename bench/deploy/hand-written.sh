#!/usr/bin/env bash
# The deploy that a hand-written workflow does: one step after the other, each over an SSH connection of its own.
# Takes from its environment: SSH_CONFIG (with a host `server`), COMPOSE_FILE, DIRECTORY, IMAGE, CONTAINER, GATEWAY_PORT.
# Kinder to itself than most: connections are to a pinned host key (no ssh-keyscan), and nothing tests the connection first.
set -euo pipefail

# remote: runs the program on standard input on the server, with these arguments.
remote() { ssh -F "$SSH_CONFIG" server "$(printf '%q ' bash -s -- "$@")"; }

copy_compose_file() { scp -q -F "$SSH_CONFIG" "$COMPOSE_FILE" "server:$DIRECTORY/docker-compose.yml"; }

tag_current_for_rollback() {
  remote "$IMAGE" "$CONTAINER" <<'EOF_REMOTE'
if current=$(docker inspect --format '{{.Image}}' "$2" 2>/dev/null); then docker tag "$current" "$1:prd-rollback"; fi
EOF_REMOTE
}

pull() {
  remote "$DIRECTORY" <<'EOF_REMOTE'
set -e
cd "$1"
docker compose pull --quiet </dev/null
EOF_REMOTE
}

restart() {
  remote "$DIRECTORY" <<'EOF_REMOTE'
set -e
cd "$1"
docker compose stop --timeout 30 </dev/null
docker compose up -d </dev/null
EOF_REMOTE
}

# Three attempts, five seconds apart.
healthy() {
  remote "$GATEWAY_PORT" <<'EOF_REMOTE'
for attempt in 1 2 3; do
  if curl --fail --silent --max-time 5 --output /dev/null "http://localhost:$1/health"; then exit 0; fi
  [ "$attempt" = 3 ] || sleep 5
done
exit 1
EOF_REMOTE
}

roll_back() {
  remote "$DIRECTORY" "$IMAGE" <<'EOF_REMOTE'
set -e
cd "$1"
docker tag "$2:prd-rollback" "$2:prd"
docker compose up -d </dev/null
EOF_REMOTE
}

# Keeps the last three images of this repository. Not `docker image prune`, which would take images of everybody on the engine.
clean_up() {
  remote "$IMAGE" <<'EOF_REMOTE'
docker images --quiet --no-trunc "$1" | awk '!seen[$0]++' | tail -n +4 | xargs -r docker rmi --force >/dev/null 2>&1 || true
EOF_REMOTE
}

main() {
  copy_compose_file
  tag_current_for_rollback
  pull
  restart
  sleep 15
  if ! healthy; then
    roll_back
    echo "verdict: rolled back"
    exit 1
  fi
  echo "verdict: deployed"
  clean_up
}

main "$@"
