# --- The engine ----------------------------------------------------------------------------------------------------
# Whatever changes something is bounded by `timeout -k` and inherits the lock (file descriptor 9): a second deploy cannot
# start while a child of a dead worker still works. Nothing here reads standard input.

# compose: Compose on the deployment directory as a person would call it there, so that both see the same project.
compose() {
  local seconds=$1
  shift
  (cd -- "$DIR" && exec timeout -k 15 "$seconds" env "${FORGET[@]}" docker compose "$@" </dev/null)
}

# release_compose: Compose on a release that is not the current one.
release_compose() {
  local folder=$1 seconds=$2
  shift 2
  compose "$seconds" --project-directory "$DIR" -f "$folder/docker-compose.yml" -f "$folder/docker-compose.override.yml" "$@"
}

# engine: a short question to the engine, or a small change. One that hangs is given up.
engine() { timeout -k 5 60 docker "$@" </dev/null; }

# own_tag: the tag that holds a release's image. It is in the image's own repository, so that removing the last tag
# also removes the digest's reference, and a neighbour's `docker image prune` finds the image in use.
own_tag() { printf '%s:tenantry-%s-%s' "$IMAGE" "$PROJECT" "$1"; }

image_id() { engine image inspect --format '{{.Id}}' "$1" 2>/dev/null; }

# has_image: whether the release's image is on this server already.
has_image() { image_id "$IMAGE@$DIGEST" >/dev/null; }

# pull_image: fetches the release's image with the login that came with the request, else with the account's own.
# Nothing is touched yet: when the image registry is away, the tenant keeps running what it runs.
pull_image() {
  local attempt login=() deadline=$((SECONDS + PULL_SECONDS)) host
  if has_image; then
    say "the image is here already"
    forget_login
    return 0
  fi
  if [[ -f $BUNDLE/login/config.json ]]; then
    login=(--config "$BUNDLE/login")
    # That configuration knows no context: without its address a rootless engine would not be found.
    host=$(engine context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || host=
    [[ $host != unix://* ]] || login+=(--host "$host")
  fi
  for attempt in 1 2 3; do
    ((SECONDS < deadline)) || break
    say "pulling $IMAGE@$DIGEST"
    if timeout -k 10 $((deadline - SECONDS + 1)) docker "${login[@]}" pull --quiet "$IMAGE@$DIGEST" </dev/null >&2; then
      forget_login
      return 0
    fi
    ((attempt == 3)) || sleep $((attempt * 3))
  done
  forget_login
  return 1
}

# forget_login: the workflow's token is not kept a moment longer than the pull.
forget_login() { rm -rf -- "$BUNDLE/login"; }

# pull_other_images: images of the compose file that are not the fleet's, such as a database, when they are not here.
pull_other_images() {
  local folder=$1 images image
  images=$(release_compose "$folder" 60 config --images) || return 1
  for image in $images; do
    [[ $image != "$IMAGE"@* ]] || continue
    image_id "$image" >/dev/null && continue
    say "pulling $image"
    timeout -k 10 "$PULL_SECONDS" docker pull --quiet "$image" </dev/null >&2 || return 1
  done
}

# project_containers: ids of the project's containers with a further filter of `docker ps`, running or not. They are found by Compose's
# labels, since an installation that was made by hand may have given its containers other names.
project_containers() {
  engine ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False "$@"
}

# service_states: `<status> <image id>` of each container that runs a service.
service_states() {
  local containers container
  containers=$(project_containers --filter "label=com.docker.compose.service=$1") || return 1
  for container in $containers; do
    engine container inspect --format '{{.State.Status}} {{.Image}}' "$container" 2>/dev/null || printf 'unknown unknown\n'
  done
}

# runs_image: whether every service of the fleet's image runs, and runs exactly the image with this id.
runs_image() {
  local expected=$1 service states
  [[ -n $expected ]] || return 1
  for service in "${SERVICES[@]}"; do
    states=$(service_states "$service") || return 1
    [[ -n $states ]] || return 1
    # Nothing may be left when the lines that are right are taken away.
    states=${states//"running $expected"/}
    [[ -z ${states//$'\n'/} ]] || return 1
  done
}

# repair_half_recreated: a `compose up` that was cut leaves the new container behind under `<12 digits of the old one>_<name>`, and the
# next one fails over that name. Such a container has never run; one that runs is not removed.
repair_half_recreated() {
  local containers container name
  containers=$(project_containers --filter status=created) || return 0
  for container in $containers; do
    name=$(engine container inspect --format '{{.Name}}' "$container" 2>/dev/null) || continue
    if [[ $name =~ ^/?[0-9a-f]{12}_ ]]; then
      say "removing ${name#/}, which an interrupted deploy left behind"
      engine container rm "$container" >/dev/null || true
    fi
  done
}

# keep_app_logs: the last lines of each container, which a rollback would take away. They may hold secrets: they
# stay on this server and are never sent anywhere.
keep_app_logs() {
  compose 30 logs --no-color --timestamps --tail 200 >"$STATE/logs/release-$1.app.log" 2>&1 || true
  say "the app's last log lines are kept in $STATE/logs/release-$1.app.log"
}
