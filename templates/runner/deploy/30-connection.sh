# --- The connection ------------------------------------------------------------------------------------------------

AGENT_PID='' CONNECTION_PID='' WORK=''
# Out of the environment at once, so that no program started here gets them.
PRIVATE_KEY='' TOKEN=''

take_secrets() {
  PRIVATE_KEY=${SSH_PRIVATE_KEY-} TOKEN=${PULL_TOKEN-}
  unset SSH_PRIVATE_KEY PULL_TOKEN
}

cleanup() {
  local code=$?
  trap - EXIT
  [[ -z $CONNECTION_PID ]] || kill "$CONNECTION_PID" 2>/dev/null || true
  [[ -z $AGENT_PID ]] || kill "$AGENT_PID" 2>/dev/null || true
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  exit "$code"
}

# start_agent: the key lives in an agent's memory for the job's time, never in a file.
start_agent() {
  local output key=$PRIVATE_KEY
  PRIVATE_KEY=''
  [[ -n $key ]] || refuse "the environment has no secret SSH_PRIVATE_KEY"
  output=$(ssh-agent -s -a "$WORK/agent") || refuse "ssh-agent does not start"
  [[ ! $output =~ SSH_AGENT_PID=([0-9]+) ]] || AGENT_PID=${BASH_REMATCH[1]}
  export SSH_AUTH_SOCK=$WORK/agent
  # A key pasted into a form may have lost its last newline, or have Windows line ends.
  if ! printf '%s\n' "${key//$'\r'/}" | ssh-add -q -t "$KEY_SECONDS" - 2>/dev/null; then
    refuse "SSH_PRIVATE_KEY is not a private key without passphrase; paste the whole file, with its BEGIN and END lines"
  fi
}

# write_ssh_config: everything that decides whom we talk to is in this file; the runner's own settings are not read.
write_ssh_config() {
  local key
  for key in "${HOST_KEYS[@]}"; do printf 'tenantry-server %s\n' "$key"; done >"$WORK/known_hosts"
  for key in "${BASTION_HOST_KEYS[@]}"; do printf 'tenantry-bastion %s\n' "$key"; done >>"$WORK/known_hosts"
  {
    printf 'Host server\n  HostName %s\n  User %s\n  Port %s\n  HostKeyAlias tenantry-server\n' \
      "${TARGET[host]}" "${TARGET[user]}" "${TARGET[port]}"
    # Runs when the login has worked: it tells a server that is away from a connection that broke later.
    printf '  PermitLocalCommand yes\n  LocalCommand : >%s/connected\n' "$WORK"
    if [[ -n ${TARGET[bastion_host]-} ]]; then
      printf '  ProxyJump bastion\nHost bastion\n  HostName %s\n  User %s\n  Port %s\n  HostKeyAlias tenantry-bastion\n' \
        "${TARGET[bastion_host]}" "${TARGET[bastion_user]}" "${TARGET[bastion_port]}"
    fi
    printf 'Host *\n'
    printf '  %s\n' 'BatchMode yes' 'StrictHostKeyChecking yes' "UserKnownHostsFile $WORK/known_hosts" \
      'GlobalKnownHostsFile /dev/null' 'UpdateHostKeys no' 'ForwardAgent no' 'ForwardX11 no' 'ClearAllForwardings yes' \
      'PreferredAuthentications publickey' "IdentityAgent $WORK/agent" 'IdentityFile none' 'ConnectTimeout 15' \
      'ConnectionAttempts 2' 'ServerAliveInterval 15' 'ServerAliveCountMax 4' 'LogLevel ERROR'
  } >"$WORK/ssh_config"
}

# pack: the bundle. All values are in files; nothing is pasted into a command that a server's shell would read.
pack() {
  local bundle=$WORK/bundle
  mkdir -p -- "$bundle"
  cp -- "$FOLDER/tenant.conf" "$FOLDER/docker-compose.override.yml" "$bundle/"
  cp -- "$HERE/$COMPOSE_FILE" "$bundle/docker-compose.yml"
  cp -- "$HERE/server.sh" "$bundle/server.sh"
  {
    printf 'request=%s-%s\nrelease=%s\n' "$GITHUB_RUN_ID" "${GITHUB_RUN_ATTEMPT:-1}" "$GITHUB_RUN_ID"
    printf 'digest=%s\nperson=%s\nrevision=%s\n' "$DIGEST" "${PERSON:-no}" "$GITHUB_SHA"
  } >"$bundle/request.conf"
  if [[ -n $TOKEN ]]; then
    mkdir -p -- "$bundle/login"
    printf '{"auths":{"%s":{"auth":"%s"}}}\n' "${TARGET[image_registry]}" \
      "$(printf '%s:%s' "$GITHUB_ACTOR" "$TOKEN" | base64 --wrap=0)" >"$bundle/login/config.json"
    TOKEN=''
  fi
  tar -cf "$WORK/bundle.tar" -C "$bundle" .
  rm -rf -- "$bundle"
}

# The one command that is sent, in a form that every login shell reads alike. It unpacks the bundle into memory where the server
# can, and starts the script in it. Nothing of it depends on the tenant.
# shellcheck disable=SC2016 # expanded on the server
readonly REMOTE_COMMAND='exec bash -c '\''umask 077; folder=$(mktemp -d /dev/shm/tenantry.XXXXXXXXXX 2>/dev/null || mktemp -dt tenantry.XXXXXXXXXX) || exit 21; if tar -xf - -C "$folder" --no-same-owner; then exec bash "$folder/server.sh" deploy "$folder"; fi; rm -rf -- "$folder"; exit 21'\'''

# connect: sends the bundle and reads the answer. What the server prints is shown, but cannot act as a workflow command: it goes
# to the same stream as the two lines around it, so that it stays between them.
connect() {
  local code=0 line token viewer
  RESULT=()
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  : >"$WORK/errors"
  printf '::stop-commands::%s\n' "$token"
  # In the background, so that a job that is cancelled ends it at once instead of waiting for it.
  timeout -k 10 "$CONNECTION_SECONDS" ssh -F "$WORK/ssh_config" server "$REMOTE_COMMAND" \
    <"$WORK/bundle.tar" >"$WORK/answer" 2>>"$WORK/errors" &
  CONNECTION_PID=$!
  tail -n +1 -s 0.2 -f --pid="$CONNECTION_PID" -- "$WORK/errors" </dev/null &
  viewer=$!
  wait "$CONNECTION_PID" || code=$?
  CONNECTION_PID=''
  wait "$viewer" || true
  # The server's last line may lack its end.
  printf '\n::%s::\n' "$token"
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
      'tenantry-accepted '*) RESULT[accepted]=yes ;;
      'tenantry-result '*) parse_result "${line#tenantry-result }" ;;
    esac
  done <"$WORK/answer"
  return "$code"
}

# parse_result: `key=value key=value … message=the rest`.
parse_result() {
  local rest=$1
  while [[ $rest =~ ^([a-z_]+)=([^ ]*)( (.*))?$ ]]; do
    if [[ ${BASH_REMATCH[1]} == message ]]; then
      RESULT[message]=${rest#message=}
      return 0
    fi
    RESULT[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
    rest=${BASH_REMATCH[4]-}
  done
}
