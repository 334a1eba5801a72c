# --- Where the tenant is -------------------------------------------------------------------------------------------

declare -A TARGET=()
HOST_KEYS=() BASTION_HOST_KEYS=()
readonly HOST_FORM='[A-Za-z0-9_:][A-Za-z0-9._:-]*' USER_FORM='[a-z_][a-z0-9_-]*' PORT_FORM='[1-9][0-9]{0,4}'

# read_target: the generated `key=value` lines; a line that does not fit ends the job before any connection.
read_target() {
  local line key value
  [[ -f $FOLDER/target.conf ]] || refuse "target.conf of $TENANT is missing; run npx projen"
  while IFS= read -r line || [[ -n $line ]]; do
    [[ -z $line || $line == '#'* ]] && continue
    [[ $line =~ ^([a-z_]+)=([^[:cntrl:]]*)$ ]] || refuse "target.conf has a line that is not key=value; run npx projen"
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    case $key in
      host_key) HOST_KEYS+=("$value") ;;
      bastion_host_key) BASTION_HOST_KEYS+=("$value") ;;
      server | if_unreachable | host | user | port | deployment_path | image_registry | bastion_host | bastion_user | bastion_port)
        [[ -z ${TARGET[$key]+set} ]] || refuse "target.conf has $key twice; run npx projen"
        TARGET[$key]=$value
        ;;
      *) refuse "target.conf has the unknown setting $key; run npx projen" ;;
    esac
  done <"$FOLDER/target.conf"
}

# settle: one value of the target from the definition and the environment's secret. Where both are known they must agree: a secret
# that was changed on one side only would send the deploy to the wrong place. Secrets are pasted by hand: space around them is dropped.
settle() {
  local key=$1 secret=$2 pattern=$3 literal=${TARGET[$1]-}
  secret=${secret#"${secret%%[![:space:]]*}"}
  secret=${secret%"${secret##*[![:space:]]}"}
  [[ $key != deployment_path ]] || secret=${secret%/}
  if [[ -n $literal && -n $secret && $literal != "$secret" ]]; then
    refuse "the secret for $key and the definition do not agree; correct one of them"
  fi
  TARGET[$key]=${literal:-$secret}
  [[ -n ${TARGET[$key]} ]] || refuse "$key is known neither from the definition nor from a secret of the environment"
  [[ ${TARGET[$key]} =~ ^($pattern)$ ]] || refuse "the $key of this server is malformed"
}

settle_target() {
  settle host "${SSH_HOST-}" "$HOST_FORM"
  settle user "${SSH_USER-}" "$USER_FORM"
  settle port "${SSH_PORT-}" "$PORT_FORM"
  settle deployment_path "${DEPLOYMENT_PATH-}" '(/[A-Za-z0-9_@+.-]+)+'
  if [[ -n ${TARGET[bastion_host]-} ]]; then
    TARGET[bastion_user]=${TARGET[bastion_user]:-${TARGET[user]}}
    settle bastion_host '' "$HOST_FORM"
    settle bastion_user '' "$USER_FORM"
    settle bastion_port '' "$PORT_FORM"
    ((${#BASTION_HOST_KEYS[@]} > 0)) || refuse "no host key of the bastion is pinned; put it into hostKeys of its definition"
  fi
  if ((${#HOST_KEYS[@]} == 0)); then
    refuse "no host key of ${TARGET[server]-the server} is pinned; put the line of its /etc/ssh/ssh_host_ed25519_key.pub into hostKeys of the definition"
  fi
}
