# --- Reading settings ----------------------------------------------------------------------------------------------

declare -A SETTING=()
declare -A SETTING_LIST=()
readonly LIST_KEYS=' container service directory expect expect_image '

# read_settings: reads `key=value` lines into SETTING (repeatable keys, newline-separated, into SETTING_LIST).
# The file is data: it is never sourced, and a line that does not fit ends the deploy before anything is touched.
read_settings() {
  local file=$1 line key value number=0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    [[ -z $line || $line == '#'* ]] && continue
    if [[ ! $line =~ ^([a-z_]+)=(.*)$ ]]; then
      refuse "${file##*/}:$number is not key=value" "run npx projen and deploy again"
    fi
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    if [[ $value == *[[:cntrl:]]* ]]; then
      refuse "${file##*/}:$number: $key holds a control character" "run npx projen and deploy again"
    fi
    if [[ $LIST_KEYS == *" $key "* ]]; then
      SETTING_LIST[$key]+="$value"$'\n'
    elif [[ -n ${SETTING[$key]+set} ]]; then
      refuse "${file##*/}:$number: $key is there twice" "run npx projen and deploy again"
    else
      SETTING[$key]=$value
    fi
  done <"$file"
}

# need: refuses unless the setting is there and has exactly the form `pattern`.
need() {
  local key=$1 pattern=$2
  [[ ${SETTING[$key]-} =~ ^($pattern)$ ]] && return 0
  refuse "the setting $key is missing or malformed: '${SETTING[$key]-}'" "run npx projen and deploy again"
}

# load_settings: the tenant's settings and this request's. After it every value has the form that the rest relies on.
load_settings() {
  local bundle=$1 path='(/[A-Za-z0-9_@+.-]+)+' line
  read_settings "$bundle/tenant.conf"
  read_settings "$bundle/request.conf"
  need format 1
  need fleet '[a-z0-9-]+'
  need tenant '[a-z0-9-]+'
  need deployment_path "$path"
  need project '[a-z0-9][a-z0-9_-]*'
  need platform 'linux/(amd64|arm64)'
  need image '[a-z0-9][a-z0-9._:/-]*'
  need health_port '[0-9]{1,5}'
  need ports '[0-9]{1,5}( [0-9]{1,5})*'
  need request '[0-9]{1,20}-[0-9]{1,6}'
  need release '[1-9][0-9]{0,17}'
  need digest 'sha256:[0-9a-f]{64}'
  need person 'yes|no'
  need revision '[0-9a-f]{40}'
  while IFS= read -r line; do
    [[ -z $line || $line =~ ^[a-zA-Z0-9][a-zA-Z0-9_.-]*$ ]] || refuse "malformed name '$line'" "run npx projen"
  done <<<"${SETTING_LIST[container]-}${SETTING_LIST[service]-}"
  while IFS= read -r line; do
    [[ -z $line || $line =~ ^$path$ ]] || refuse "malformed directory '$line'" "run npx projen"
  done <<<"${SETTING_LIST[directory]-}"
  if [[ ${SETTING[fleet]} != "$FLEET" ]]; then
    refuse "these settings are of the fleet '${SETTING[fleet]}', this script is of '$FLEET'" "deploy with the script of the same fleet"
  fi
  if [[ ${SETTING[deployment_path]}/ == */../* || ${SETTING[deployment_path]}/ == */./* ]]; then
    refuse "the deployment path goes up and down: ${SETTING[deployment_path]}" "write it without . and .."
  fi
  TENANT=${SETTING[tenant]} DIR=${SETTING[deployment_path]} PROJECT=${SETTING[project]} IMAGE=${SETTING[image]}
  REQUEST=${SETTING[request]} RELEASE=${SETTING[release]} DIGEST=${SETTING[digest]}
  HEALTH_PORT=${SETTING[health_port]}
  STATE=$DIR/.tenantry
}

# release_value: a value of a release's own note, written by record_release or adopt; empty when it is not there.
release_value() {
  local file=$DIR/releases/$1/release key=$2 line
  [[ -f $file ]] || return 0
  while IFS= read -r line; do
    [[ $line == "$key="* ]] && printf '%s' "${line#*=}" && return 0
  done <"$file"
}
