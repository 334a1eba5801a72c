# --- Saying what happens -------------------------------------------------------------------------------------------

say() { printf '%s\n' "${*//[[:cntrl:]]/ }" >&2; }

# escape: text for a workflow command (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

# finish: writes the result for the report, an annotation for what went wrong, and exits green or red.
finish() {
  local outcome=$1 message=$2 code=${OUTCOME_CODES[$1]}
  {
    printf 'tenant=%s\noutcome=%s\nmessage=%s\n' "$TENANT" "$outcome" "${message//[[:cntrl:]]/ }"
    printf 'from=%s\nto=%s\nseconds=%s\n' "${RESULT[from_digest]-}" "${RESULT[to_digest]:-$DIGEST}" "${RESULT[seconds]:-$SECONDS}"
    printf 'from_release=%s\nto_release=%s\n' "${RESULT[from_release]-}" "${RESULT[to_release]-}"
  } >"$RESULT_FILE"
  say "$TENANT: $outcome: $message"
  if [[ $GREEN == *" $outcome "* ]]; then
    code=0
  else
    printf '::error title=%s: %s::%s\n' "$TENANT" "$outcome" "$(escape "$message. ${OUTCOME_ACTIONS[$outcome]}")"
  fi
  exit "$code"
}

refuse() { finish refused "$1"; }

# --- Where the tenant is -------------------------------------------------------------------------------------------

declare -A TARGET=() RESULT=()
HOST_KEYS=() BASTION_HOST_KEYS=()

# read_target: the generated `key=value` lines; a line that does not fit ends the job before any connection.
read_target() {
  local line
  while IFS= read -r line; do
    [[ -z $line || $line == '#'* ]] && continue
    [[ $line =~ ^([a-z_]+)=([[:print:]]*)$ ]] || refuse "target.conf has a line that is not key=value"
    case ${BASH_REMATCH[1]} in
      host_key) HOST_KEYS+=("${BASH_REMATCH[2]}") ;;
      bastion_host_key) BASTION_HOST_KEYS+=("${BASH_REMATCH[2]}") ;;
      *) TARGET[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]} ;;
    esac
  done <"$FOLDER/target.conf"
}

# settle: one value of the target from the definition and the environment's secret. Where both are known they must agree: a secret
# that was changed on one side only would send the deploy to the wrong place. Secrets are pasted by hand: space around them is dropped.
settle() {
  local key=$1 secret=$2 pattern=$3 literal=${TARGET[$1]-}
  secret=${secret#"${secret%%[![:space:]]*}"}
  secret=${secret%"${secret##*[![:space:]]}"}
  if [[ -n $literal && -n $secret && $literal != "$secret" ]]; then
    refuse "the secret for $key and the definition do not agree; correct one of them"
  fi
  TARGET[$key]=${literal:-$secret}
  [[ -n ${TARGET[$key]} ]] || refuse "$key is known neither from the definition nor from a secret of the environment"
  [[ ${TARGET[$key]} =~ ^($pattern)$ ]] || refuse "the $key of this server is malformed"
}

settle_target() {
  settle host "${SSH_HOST-}" '[A-Za-z0-9._:-]+'
  [[ ${TARGET[host]} != -* ]] || refuse "the host of this server is malformed"
  settle user "${SSH_USER-}" '[a-z_][a-z0-9_-]*'
  settle port "${SSH_PORT-}" '[0-9]{1,5}'
  settle deployment_path "${DEPLOYMENT_PATH-}" '(/[A-Za-z0-9_@+.-]+)+'
  if ((${#HOST_KEYS[@]} == 0)); then
    refuse "no host key of ${TARGET[server]} is pinned; put the line of its /etc/ssh/ssh_host_ed25519_key.pub into hostKeys of the definition"
  fi
}

# --- The connection ------------------------------------------------------------------------------------------------

AGENT_PID=''
WORK=''

cleanup() {
  local code=$?
  trap - EXIT
  [[ -z $AGENT_PID ]] || kill "$AGENT_PID" 2>/dev/null || true
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  exit "$code"
}

# start_agent: the key lives in an agent's memory for the job's time, never in a file.
start_agent() {
  local output key=${SSH_PRIVATE_KEY-}
  unset SSH_PRIVATE_KEY
  [[ -n $key ]] || refuse "the environment has no secret SSH_PRIVATE_KEY"
  output=$(ssh-agent -s -a "$WORK/agent") || refuse "ssh-agent does not start"
  [[ $output =~ SSH_AGENT_PID=([0-9]+) ]] && AGENT_PID=${BASH_REMATCH[1]}
  export SSH_AUTH_SOCK=$WORK/agent
  # A key pasted into a form may have lost its last newline or have Windows line ends.
  if ! printf '%s\n' "${key//$'\r'/}" | ssh-add -q -t "$KEY_SECONDS" - 2>/dev/null; then
    refuse "SSH_PRIVATE_KEY is not a private key without passphrase; paste the whole file, with its BEGIN and END lines"
  fi
}

# write_ssh_config: everything that decides whom we talk to is in this file; the runner's own settings are not read.
write_ssh_config() {
  local key
  for key in "${HOST_KEYS[@]}"; do printf 'tenantry-server %s\n' "$key"; done >"$WORK/known_hosts"
  for key in ${BASTION_HOST_KEYS[@]+"${BASTION_HOST_KEYS[@]}"}; do printf 'tenantry-bastion %s\n' "$key"; done >>"$WORK/known_hosts"
  {
    printf 'Host server\n  HostName %s\n  User %s\n  Port %s\n  HostKeyAlias tenantry-server\n' \
      "${TARGET[host]}" "${TARGET[user]}" "${TARGET[port]}"
    if [[ -n ${TARGET[bastion_host]-} ]]; then
      printf '  ProxyJump bastion\nHost bastion\n  HostName %s\n  User %s\n  Port %s\n  HostKeyAlias tenantry-bastion\n' \
        "${TARGET[bastion_host]}" "${TARGET[bastion_user]:-${TARGET[user]}}" "${TARGET[bastion_port]}"
    fi
    printf 'Host *\n'
    printf '  %s\n' 'BatchMode yes' 'StrictHostKeyChecking yes' "UserKnownHostsFile $WORK/known_hosts" \
      'GlobalKnownHostsFile /dev/null' 'UpdateHostKeys no' 'ForwardAgent no' 'ForwardX11 no' 'ClearAllForwardings yes' \
      'PreferredAuthentications publickey' "IdentityAgent $WORK/agent" 'ConnectTimeout 15' \
      'ServerAliveInterval 15' 'ServerAliveCountMax 4' 'LogLevel ERROR'
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
  if [[ -n ${PULL_TOKEN-} ]]; then
    mkdir -p -- "$bundle/login"
    printf '{"auths":{"%s":{"auth":"%s"}}}\n' "${TARGET[image_registry]}" \
      "$(printf '%s:%s' "$GITHUB_ACTOR" "$PULL_TOKEN" | base64 --wrap=0)" >"$bundle/login/config.json"
    unset PULL_TOKEN
  fi
  tar -cf "$WORK/bundle.tar" -C "$bundle" .
  rm -rf -- "$bundle"
}

# The one command that is sent. It unpacks the bundle into memory where the server can, and starts the script in it.
# Nothing of it depends on the tenant.
# shellcheck disable=SC2016 # expanded on the server
readonly REMOTE_COMMAND='umask 077
folder=$(mktemp -d /dev/shm/tenantry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 21
if tar -xf - -C "$folder" --no-same-owner; then exec bash "$folder/server.sh" deploy "$folder"; fi
rm -rf -- "$folder"
exit 21'

# connect: sends the bundle and reads the answer. Whatever the server prints is shown, but cannot act as a workflow command.
connect() {
  local code=0 line token
  RESULT=()
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  timeout -k 10 "$CONNECTION_SECONDS" ssh -F "$WORK/ssh_config" server "$REMOTE_COMMAND" \
    <"$WORK/bundle.tar" >"$WORK/answer" 2> >(tee "$WORK/errors" >&2) || code=$?
  # The log above comes through tee; without this pause its end could be missing from the file.
  sleep 0.2
  printf '::%s::\n' "$token"
  while IFS= read -r line; do
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

# deploy: one connection; a further one only when the first was lost after the server took the request. Sending the same
# request again never deploys twice: the server watches the running one, or says how it ended.
deploy() {
  local code accepted=no attempt
  for ((attempt = 1; attempt <= RECONNECTS; attempt++)); do
    code=0
    connect || code=$?
    if [[ -n ${RESULT[outcome]-} ]]; then
      [[ -n ${OUTCOME_CODES[${RESULT[outcome]}]-} ]] || finish unknown "the server answered '${RESULT[outcome]}'"
      finish "${RESULT[outcome]}" "${RESULT[message]-}"
    fi
    [[ -z ${RESULT[accepted]-} ]] || accepted=yes
    if [[ $accepted == no ]]; then
      no_answer "$code"
    fi
    say "$TENANT: the connection was lost (code $code); the server goes on by itself. Looking again ($attempt of $RECONNECTS)"
    sleep $((attempt * 5))
  done
  finish unknown "the connection was lost and the server does not answer any more"
}

# no_answer: the request did not get through. What ssh says tells a changed key or a refused login from a server that is away.
no_answer() {
  local code=$1 errors
  errors=$(<"$WORK/errors")
  case $errors in
    *'Host key verification failed'* | *'HOST IDENTIFICATION HAS CHANGED'*)
      refuse "the server's host key is not the pinned one; find out why before you change the definition" ;;
    *'Permission denied'*)
      refuse "the server does not accept the key for ${TARGET[user]}; is its public half in authorized_keys?" ;;
  esac
  case $code in
    255 | 124 | 137) finish unreachable "no SSH connection to ${TARGET[server]}" ;;
    *) finish refused "the server ended the request with code $code and no result" ;;
  esac
}

usage() {
  printf '%s\n' 'usage: deploy.sh <phase> <tenant>' '' \
    'Reads DIGEST, RESULT_FILE, SSH_PRIVATE_KEY and, where the definition does not say them, SSH_HOST, SSH_USER, SSH_PORT and' \
    'DEPLOYMENT_PATH from the environment, as the generated workflow sets them.'
}

main() {
  local phase=${1-} given
  if [[ $phase == --help ]]; then
    usage
    return 0
  fi
  TENANT=${2-}
  if [[ ! $phase =~ ^[a-z0-9]+$ || ! $TENANT =~ ^[a-z0-9-]+$ || ! -d $HERE/../$phase/$TENANT ]]; then
    usage >&2
    exit 64
  fi
  FOLDER=$HERE/../$phase/$TENANT
  RESULT_FILE=${RESULT_FILE:?names the file that the result is written to}
  mkdir -p -- "$(dirname -- "$RESULT_FILE")"
  # What the report shows when this job is ended before it can say anything itself.
  printf 'tenant=%s\noutcome=unknown\nmessage=the job ended before the deploy did\n' "$TENANT" >"$RESULT_FILE"
  SECONDS=0
  given=${DIGEST-}
  DIGEST=$given
  if [[ ! $DIGEST =~ ^sha256:[0-9a-f]{64}$ ]]; then
    DIGEST=''
    refuse "'$given' is not a digest, so there is nothing to deploy"
  fi
  read_target
  settle_target
  trap cleanup EXIT
  trap 'exit 143' TERM INT
  umask 077
  WORK=$(mktemp -d /dev/shm/tenantry.XXXXXXXXXX)
  start_agent
  write_ssh_config
  pack
  deploy
}
