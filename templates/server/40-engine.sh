# --- The engine ----------------------------------------------------------------------------------------------------
# Whatever changes something is bounded by `timeout -k` and inherits the lock (file descriptor 9): a second deploy cannot
# start while a child of a dead worker still works. Nothing here reads standard input.

# compose: Compose on the deployment directory as a person would call it there, so that both see the same project.
compose() {
  local seconds=$1
  shift
  (cd -- "$DIR" && exec timeout -k 15 "$seconds" docker compose "$@" </dev/null)
}

# own_tag: the tag that holds a release's image. It is in the image's own repository, so that removing the last tag
# also removes the digest's reference, and a neighbour's `docker image prune` finds the image in use.
own_tag() { printf '%s:tenantry-%s-%s' "$IMAGE" "$PROJECT" "$1"; }

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null </dev/null; }

# pull_image: fetches the release's image with the login that came with the request, else with the account's own.
# Nothing is touched yet: when the image registry is away, the tenant keeps running what it runs.
pull_image() {
  local reference=$IMAGE@$DIGEST attempt config=() deadline=$((SECONDS + PULL_SECONDS))
  if image_id "$reference" >/dev/null; then
    say "the image is here already"
    return 0
  fi
  [[ ! -f $BUNDLE/login/config.json ]] || config=(--config "$BUNDLE/login")
  for attempt in 1 2 3; do
    ((SECONDS < deadline)) || break
    say "pulling $reference"
    if timeout -k 10 $((deadline - SECONDS + 1)) docker "${config[@]}" pull --quiet "$reference" </dev/null >&2; then
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
  local folder=$1 image
  while IFS= read -r image; do
    [[ -z $image || $image == "$IMAGE"@* ]] && continue
    image_id "$image" >/dev/null && continue
    say "pulling $image"
    timeout -k 10 "$PULL_SECONDS" docker pull --quiet "$image" </dev/null >&2 || return 1
  done < <(release_compose "$folder" 60 config --images)
}

# release_compose: Compose on a release that is not the current one.
release_compose() {
  local folder=$1 seconds=$2
  shift 2
  compose "$seconds" --project-directory "$DIR" -f "$folder/docker-compose.yml" -f "$folder/docker-compose.override.yml" "$@"
}

# service_states: `<status> <image id>` of each container that runs a service, found by Compose's labels, since an
# installation that was made by hand may have given its containers other names.
service_states() {
  local container
  while IFS= read -r container; do
    docker container inspect --format '{{.State.Status}} {{.Image}}' "$container" 2>/dev/null </dev/null || true
  done < <(docker ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False </dev/null)
}

# runs_image: whether every service of the fleet's image runs, and runs exactly the image with this id.
runs_image() {
  local expected=$1 service states state
  while IFS= read -r service; do
    [[ -n $service ]] || continue
    states=$(service_states "$service")
    [[ -n $states ]] || return 1
    while IFS= read -r state; do
      [[ $state == "running $expected" ]] || return 1
    done <<<"$states"
  done <<<"${SETTING_LIST[service]-}"
}

# keep_app_logs: the last lines of each container, which a rollback would take away. They may hold secrets: they
# stay on this server and are never sent anywhere.
keep_app_logs() {
  compose 30 logs --no-color --timestamps --tail 200 >"$STATE/logs/release-$1.app.log" 2>&1 || true
  say "the app's last log lines are kept in $STATE/logs/release-$1.app.log"
}
