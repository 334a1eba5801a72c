# --- The deploy ----------------------------------------------------------------------------------------------------

# What the server said, or what is known without it.
OUTCOME='' MESSAGE=''

# conclude: what this connection tells; false when another one is worth while.
conclude() {
  local code=$1
  OUTCOME=${RESULT[outcome]-} MESSAGE=${RESULT[message]-}
  if [[ -n $OUTCOME ]]; then
    [[ $OUTCOME =~ ^[a-z-]+$ && -n ${OUTCOME_CODES[$OUTCOME]-} ]] && return 0
    OUTCOME=unknown MESSAGE="the server's answer is none that is known"
    return 0
  fi
  OUTCOME=unknown MESSAGE="the connection was lost and the server does not answer any more"
  [[ $ACCEPTED == no ]] || return 1
  if [[ ! -e $WORK/connected ]]; then
    no_connection
    return 0
  fi
  # Logged in, and then lost: whether the request arrived is not known, so it is asked.
  case $code in
    255 | 124 | 137) return 1 ;;
  esac
  OUTCOME=refused MESSAGE="the server ended the request with code $code and no result"
}

# no_connection: what ssh says tells a changed key or a refused login from a server that is away.
no_connection() {
  local errors server=${TARGET[server]-the server}
  errors=$(<"$WORK/errors")
  OUTCOME=refused
  case $errors in
    *tenantry-bastion*'Host key verification failed'*)
      MESSAGE="the bastion's host key is not the pinned one; find out why before you change the definition" ;;
    *'Host key verification failed'* | *'HOST IDENTIFICATION HAS CHANGED'*)
      MESSAGE="the server's host key is not the pinned one; find out why before you change the definition" ;;
    *'Permission denied'* | *'Too many authentication failures'*)
      MESSAGE="the server does not accept the key for ${TARGET[user]}; is its public half in authorized_keys?" ;;
    *) OUTCOME=unreachable MESSAGE="no SSH connection to $server" ;;
  esac
}

# deploy: one connection; a further one only when the first was lost after the login. Sending the same request again never
# deploys twice: the server watches the running one, or says how it ended.
deploy() {
  local code attempt
  ACCEPTED=no
  for ((attempt = 0; attempt <= RECONNECTS; attempt++)); do
    if ((attempt > 0)); then
      say "$TENANT: the connection was lost (code $code); the server goes on by itself. Looking again ($attempt of $RECONNECTS)"
      sleep $((attempt * 5))
    fi
    code=0
    connect || code=$?
    [[ -z ${RESULT[accepted]-} ]] || ACCEPTED=yes
    ! conclude "$code" || return 0
  done
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
  take_secrets
  # Ranges such as [a-z] mean something else in other locales.
  export LC_ALL=C
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
  WORK=$(mktemp -d /dev/shm/tenantry.XXXXXXXXXX 2>/dev/null || mktemp -dt tenantry.XXXXXXXXXX)
  start_agent
  write_ssh_config
  pack
  deploy
  tell "$OUTCOME" "$MESSAGE"
}
