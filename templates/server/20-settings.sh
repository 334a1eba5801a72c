# --- Reading settings ----------------------------------------------------------------------------------------------

declare -A SETTING=()
# What the bundle's two files may hold, each once.
readonly TENANT_KEYS=' format fleet tenant deployment_path project platform image ports health_port '
readonly REQUEST_KEYS=' request release digest person revision '
readonly PATH_FORM='(/[A-Za-z0-9_@+.-]+)+' NAME_FORM='[a-zA-Z0-9][a-zA-Z0-9_.-]*'

# read_settings: reads `key=value` lines of a file. `keys` are those that it may hold once; the others go into arrays.
# The file is data: it is never sourced, and a line that does not fit ends the deploy before anything is touched.
read_settings() {
  local file=$1 keys=$2 line key value number=0
  [[ -f $file && -r $file ]] || refuse "${file##*/} is missing in the bundle" "run npx projen and deploy again"
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
    if [[ $keys == *" $key "* ]]; then
      [[ -z ${SETTING[$key]+set} ]] || refuse "${file##*/}:$number: $key is there twice" "run npx projen and deploy again"
      SETTING[$key]=$value
    else
      add_setting "$keys" "$key" "$value" || refuse "${file##*/}:$number: unknown setting $key" "run npx projen and deploy again"
    fi
  done <"$file"
}

# add_setting: one of the settings that may be there several times. They are the tenant's; a request has none.
add_setting() {
  local keys=$1 key=$2 value=$3 form
  [[ $keys == "$TENANT_KEYS" ]] || return 1
  case $key in
    service) SERVICES+=("$value") form=$NAME_FORM ;;
    container) CONTAINERS+=("$value") form=$NAME_FORM ;;
    directory) DIRECTORIES+=("$value") form=$PATH_FORM ;;
    expect) EXPECTED+=("$value") form='[A-Za-z_][A-Za-z0-9_]*=.*' ;;
    expect_image) EXPECTED_IMAGES+=("$value") form='[A-Za-z_][A-Za-z0-9_]*=.*' ;;
    *) return 1 ;;
  esac
  [[ $value =~ ^($form)$ ]] || refuse "malformed $key '$value'" "run npx projen and deploy again"
  [[ $key != directory ]] || straight "$value"
}

# straight: refuses a path that goes up and down.
straight() {
  [[ $1/ != */../* && $1/ != */./* ]] || refuse "the path goes up and down: $1" "write it without . and .."
}

# need: refuses unless the setting is there and has exactly the form `pattern`.
need() {
  local key=$1 pattern=$2
  [[ ${SETTING[$key]-} =~ ^($pattern)$ ]] && return 0
  refuse "the setting $key is missing or malformed: '${SETTING[$key]-}'" "run npx projen and deploy again"
}

# load_settings: the tenant's settings and this request's. After it every value has the form that the rest relies on.
load_settings() {
  local bundle=$1 port='[1-9][0-9]{0,4}'
  read_settings "$bundle/tenant.conf" "$TENANT_KEYS"
  read_settings "$bundle/request.conf" "$REQUEST_KEYS"
  need format 1
  need fleet '[a-z0-9-]+'
  need tenant '[a-z0-9-]+'
  need deployment_path "$PATH_FORM"
  need project '[a-z0-9][a-z0-9_-]*'
  need platform 'linux/(amd64|arm64)'
  need image '[a-z0-9][a-z0-9._:/-]*'
  need health_port "$port"
  need ports "$port( $port)*"
  need request '[0-9]{1,20}-[0-9]{1,6}'
  need release '[1-9][0-9]{0,17}'
  need digest 'sha256:[0-9a-f]{64}'
  need person 'yes|no'
  need revision '[0-9a-f]{40}'
  straight "${SETTING[deployment_path]}"
  if [[ ${SETTING[fleet]} != "$FLEET" ]]; then
    refuse "these settings are of the fleet '${SETTING[fleet]}', this script is of '$FLEET'" "deploy with the script of the same fleet"
  fi
  # Without one, nothing would tell which image runs.
  ((${#SERVICES[@]} > 0)) || refuse "no service of the fleet's image is named" "let one run without a profile in the compose file"
  TENANT=${SETTING[tenant]} DIR=${SETTING[deployment_path]} PROJECT=${SETTING[project]} IMAGE=${SETTING[image]}
  REQUEST=${SETTING[request]} RELEASE=${SETTING[release]} DIGEST=${SETTING[digest]}
  HEALTH_PORT=${SETTING[health_port]}
  STATE=$DIR/.tenantry
}
