# --- Healthy -------------------------------------------------------------------------------------------------------

# probe: one request to the app on its published port; true on exactly the expected status.
probe() {
  local status
  status=$(curl --silent --output /dev/null --noproxy '*' --max-time "$PROBE_SECONDS" --write-out '%{http_code}' \
    "http://127.0.0.1:$HEALTH_PORT$HEALTH_PATH" 9>&- </dev/null) || true
  LAST_STATUS=${status:-000}
  [[ $LAST_STATUS == "$HEALTH_STATUS" ]]
}

# has_ended: whether a container of the tenant has ended for good, so that waiting is of no use.
has_ended() {
  local service states
  while IFS= read -r service; do
    [[ -n $service ]] || continue
    states=$(service_states "$service")
    if [[ -z $states || $states == *exited* || $states == *dead* ]]; then
      say "the container of $service has ended"
      return 0
    fi
  done <<<"${SETTING_LIST[service]-}"
  return 1
}

# first_answer: waits for the first good answer. Failures within START_SECONDS do not count; after it, three more tries.
first_answer() {
  local deadline=$((SECONDS + START_SECONDS)) attempt
  while ((SECONDS < deadline)); do
    probe && return 0
    has_ended && return 1
    sleep 1
  done
  for attempt in 1 2 3; do
    probe && return 0
    say "try $attempt of 3 after ${START_SECONDS}s: status $LAST_STATUS instead of $HEALTH_STATUS"
    sleep 5
  done
  return 1
}

# wait_healthy: true when the app answers three times in a row and every container runs the image with id $1.
# An answer alone is not enough: an old container that was never replaced answers too.
wait_healthy() {
  local expected=$1 good
  if ! first_answer; then
    say "no healthy answer on port $HEALTH_PORT$HEALTH_PATH (last status $LAST_STATUS)"
    return 1
  fi
  for good in 1 2 3; do
    ((good == 1)) || sleep 1
    if ! probe; then
      say "answered once, then status $LAST_STATUS"
      return 1
    fi
  done
  if ! runs_image "$expected"; then
    say "it answers, but a container does not run the image that was to be deployed"
    return 1
  fi
}
