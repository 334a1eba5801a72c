# --- Healthy -------------------------------------------------------------------------------------------------------

# probe: one request to the app on its published port; true on exactly the expected status.
probe() {
  local status
  status=$(curl --disable --silent --output /dev/null --noproxy '*' --max-time "$PROBE_SECONDS" --write-out '%{http_code}' \
    "http://127.0.0.1:$HEALTH_PORT$HEALTH_PATH" 9>&- </dev/null) || true
  LAST_STATUS=${status:-000}
  [[ $LAST_STATUS == "$HEALTH_STATUS" ]]
}

# has_ended: whether a container of the tenant has ended for good, so that waiting is of no use.
has_ended() {
  local service states
  for service in "${SERVICES[@]}"; do
    states=$(service_states "$service") || continue
    # A whole word at the line's start: an image's id may well hold `dead`.
    if [[ -z $states || $'\n'$states == *$'\n'@(exited|dead)\ * ]]; then
      say "the container of $service has ended"
      return 0
    fi
  done
  return 1
}

# first_answer: waits for the first good answer. Failures before `deadline` do not count; after it, three more tries.
first_answer() {
  local deadline=$1 attempt
  while ((SECONDS < deadline)); do
    probe && return 0
    has_ended && return 1
    sleep 1
  done
  for attempt in 1 2 3; do
    probe && return 0
    say "try $attempt of 3 after ${START_SECONDS}s: status $LAST_STATUS instead of $HEALTH_STATUS"
    ((attempt == 3)) || sleep 5
  done
  return 1
}

# three_in_row: whether the app goes on answering.
three_in_row() {
  local good
  for good in 1 2 3; do
    ((good == 1)) || sleep 1
    probe || return 1
  done
}

# wait_healthy: true when the app answers three times in a row and every container runs the image with id $1.
# An answer alone is not enough: an old container that was never replaced answers too.
wait_healthy() {
  local expected=$1 deadline=$((SECONDS + START_SECONDS))
  while :; do
    if ! first_answer "$deadline"; then
      say "no healthy answer on port $HEALTH_PORT$HEALTH_PATH (last status $LAST_STATUS)"
      return 1
    fi
    three_in_row && break
    say "answered, then status $LAST_STATUS"
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
  if ! runs_image "$expected"; then
    say "it answers, but a container does not run the image that was to be deployed"
    return 1
  fi
}
