# --- The operator's .env -------------------------------------------------------------------------------------------
# It feeds secrets to the compose file and is never written here. Values are never printed.

declare -A ENV_VALUE=()
declare -A ENV_RAW=()

# read_environment_file: notes every assignment of .env: as written (ENV_RAW) and without its quotes (ENV_VALUE).
read_environment_file() {
  local line name raw
  [[ -f $DIR/.env ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    name=${BASH_REMATCH[2]} raw=${BASH_REMATCH[3]}
    ENV_RAW[$name]=$raw
    if [[ $raw =~ ^\'([^\']*)\' || $raw =~ ^\"([^\"]*)\" ]]; then
      ENV_VALUE[$name]=${BASH_REMATCH[1]}
    else
      raw=${raw%%[[:space:]]#*}
      ENV_VALUE[$name]=${raw%"${raw##*[![:space:]]}"}
    fi
  done <"$DIR/.env"
}

# is_placeholder: whether a value is one that a guide tells the operator to replace.
is_placeholder() {
  [[ $1 =~ ^(REPLACE|CHANGE_?ME|change-?me|TODO|YOUR_|your-|xxx|XXX|\<) || $1 =~ REPLACE_WITH|REPLACE_ME ]]
}

# check_environment_file: every secret is there and real; nothing in the file would make Compose act on another project.
check_environment_file() {
  local name line
  read_environment_file
  if [[ ! -f $DIR/.env ]] && ((${#SECRETS[@]} > 0)); then
    problem "$DIR/.env is missing" "write it with a line NAME='value' for each of: ${SECRETS[*]} (mode 600)"
    return 0
  fi
  for name in "${SECRETS[@]}"; do
    if [[ -z ${ENV_VALUE[$name]-} ]]; then
      problem ".env has no $name" "add a line $name='value' to $DIR/.env"
    elif is_placeholder "${ENV_VALUE[$name]}"; then
      problem "$name in .env is still a placeholder" "put the real value into $DIR/.env"
    fi
  done
  for name in "${OPTIONAL_SECRETS[@]}"; do
    if [[ -z ${ENV_VALUE[$name]-} ]]; then
      warn ".env has no $name; it is optional"
    elif is_placeholder "${ENV_VALUE[$name]}"; then
      warn "$name in .env is still a placeholder; it is optional"
    fi
  done
  for name in COMPOSE_PROJECT_NAME COMPOSE_FILE COMPOSE_ENV_FILES COMPOSE_PROFILES COMPOSE_PATH_SEPARATOR; do
    if [[ -n ${ENV_RAW[$name]+set} ]]; then
      problem "$name in .env would make Compose act on something else than this tenant" "remove the line from $DIR/.env"
    fi
  done
  for name in "${!ENV_RAW[@]}"; do
    # Compose reads $x in a value that is not in single quotes as a variable, so the rest of a password disappears.
    if [[ ${ENV_RAW[$name]} != \'* && ${ENV_RAW[$name]//\$\$/} == *\$* ]]; then
      problem "$name in .env has a \$ outside single quotes, so Compose would cut the value" "write $name='…' with single quotes"
    fi
  done
  while IFS= read -r line; do
    name=${line%%=*}
    if [[ -n $line && -n ${ENV_VALUE[$name]+set} && ${ENV_VALUE[$name]} != "${line#*=}" ]]; then
      warn "$name in .env is not '${line#*=}' as in the definition; the definition counts"
    fi
  done <<<"${SETTING_LIST[expect]-}"
  # The tag that stands in .env is not what is deployed; only another repository would be a disagreement.
  while IFS= read -r line; do
    name=${line%%=*}
    [[ -n $line && -n ${ENV_VALUE[$name]+set} && ${ENV_VALUE[$name]}: != "${line#*=}"[:@]* ]] || continue
    warn "$name in .env is another image than '${line#*=}' of the definition; the definition counts"
  done <<<"${SETTING_LIST[expect_image]-}"
  if [[ -f $DIR/.env && $(stat -c %a -- "$DIR/.env") != ?00 ]]; then
    warn ".env can be read by other accounts of this server; chmod 600 $DIR/.env closes it"
  fi
}

# environment_hash: changes when .env changes, so that a rotated secret is deployed although the image is the same.
environment_hash() {
  local sum
  [[ -f $DIR/.env ]] || { printf none; return 0; }
  sum=$(sha256sum -- "$DIR/.env")
  printf '%s' "${sum%% *}"
}

# forget_environment: a variable of the account's session would win over .env.
forget_environment() {
  local name line
  for name in "${SECRETS[@]}" "${OPTIONAL_SECRETS[@]}"; do unset "$name"; done
  while IFS= read -r line; do [[ -z $line ]] || unset "${line%%=*}"; done <<<"${SETTING_LIST[expect]-}${SETTING_LIST[expect_image]-}"
  unset COMPOSE_PROJECT_NAME COMPOSE_FILE COMPOSE_ENV_FILES COMPOSE_PROFILES COMPOSE_PATH_SEPARATOR
}
