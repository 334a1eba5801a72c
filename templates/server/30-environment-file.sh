# --- The operator's .env -------------------------------------------------------------------------------------------
# It feeds secrets to the compose file and is never written here. Values are never printed.

declare -A ENV_VALUE=()
# Names whose value Compose would change, because it holds a variable.
declare -A ENV_EXPANDS=()

# next_value: reads the value at the start of REST as Compose does, into VALUE and EXPANDS, and moves REST behind it. Quoted ones may hold
# line breaks. https://github.com/compose-spec/compose-go/blob/v2.0.0/dotenv/parser.go
next_value() {
  local single="^'([^'\\\\]*(\\\\.[^'\\\\]*)*)'" double='^"([^"\\]*(\\.[^"\\]*)*)"' checked
  EXPANDS=no
  if [[ $REST == \'* ]]; then
    [[ $REST =~ $single ]] || return 1
    REST=${REST:${#BASH_REMATCH[0]}}
    VALUE=${BASH_REMATCH[1]//"\\'"/"'"}
    return 0
  fi
  if [[ $REST == \"* ]]; then
    [[ $REST =~ $double ]] || return 1
    REST=${REST:${#BASH_REMATCH[0]}}
    VALUE=${BASH_REMATCH[1]//'\"'/'"'}
    checked=${VALUE//'\$'/}
    VALUE=${VALUE//'\$'/'$'}
  else
    VALUE=${REST%%$'\n'*}
    REST=${REST:${#VALUE}}
    VALUE=${VALUE%%' #'*}
    VALUE=${VALUE%"${VALUE##*[![:space:]]}"}
    checked=$VALUE
  fi
  checked=${checked//'$$'/}
  [[ ! $checked =~ [$][A-Za-z_{] ]] || EXPANDS=yes
}

# read_environment_file: notes the value of every assignment of .env; where a name is there twice the last one counts.
read_environment_file() {
  local REST VALUE EXPANDS name separator
  [[ -f $DIR/.env && -r $DIR/.env ]] || return 0
  REST=$(<"$DIR/.env")
  # What Windows editors put in front.
  REST=${REST#$'\xef\xbb\xbf'}
  while :; do
    REST=${REST#"${REST%%[![:space:]]*}"}
    [[ -n $REST ]] || return 0
    if [[ $REST == '#'* ]]; then
      name=${REST%%$'\n'*}
      REST=${REST:${#name}}
      continue
    fi
    [[ ! $REST =~ ^export[[:space:]]+ ]] || REST=${REST:${#BASH_REMATCH[0]}}
    name=${REST%%[=:$'\n']*}
    separator=${REST:${#name}:1}
    REST=${REST:${#name}+1}
    # A name alone takes the account's own variable, which a deploy never hands on.
    [[ $separator == [=:] ]] || continue
    name=${name%"${name##*[![:space:]]}"}
    REST=${REST#"${REST%%[!$' \t\v\f\r']*}"}
    next_value || { problem ".env has a quote without its end" "close the quote of ${name//[^A-Za-z0-9_]/?} in $DIR/.env"; return 0; }
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    ENV_VALUE[$name]=$VALUE
    ENV_EXPANDS[$name]=$EXPANDS
  done
}

# is_placeholder: whether a value is one that a guide tells the operator to replace. Compose reads `NAME= # note` as the value `# note`.
is_placeholder() {
  [[ $1 =~ ^(REPLACE|CHANGE_?ME|change-?me|TODO|YOUR_|your-|xxx|XXX|[<#]) || $1 =~ REPLACE_WITH|REPLACE_ME ]]
}

# check_environment_file: every secret is there and real; nothing in the file would make Compose act on another project.
check_environment_file() {
  local name
  if [[ ! -f $DIR/.env ]] && ((${#SECRETS[@]} > 0)); then
    problem "$DIR/.env is missing" "write it with a line NAME='value' for each of: ${SECRETS[*]} (mode 600)"
    return 0
  fi
  if [[ -f $DIR/.env && ! -r $DIR/.env ]]; then
    problem "$(id -un) cannot read $DIR/.env" "as root: chown $(id -un) $DIR/.env"
    return 0
  fi
  read_environment_file
  check_secrets
  for name in COMPOSE_PROJECT_NAME COMPOSE_FILE COMPOSE_ENV_FILES COMPOSE_PROFILES COMPOSE_PATH_SEPARATOR COMPOSE_DISABLE_ENV_FILE \
    COMPOSE_REMOVE_ORPHANS COMPOSE_IGNORE_ORPHANS DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG; do
    if [[ -n ${ENV_VALUE[$name]+set} ]]; then
      problem "$name in .env would make Compose act on something else than this tenant" "remove the line from $DIR/.env"
    fi
  done
  for name in "${!ENV_EXPANDS[@]}"; do
    # Compose reads $x in a value that is not in single quotes as a variable, so the rest of a password disappears.
    if [[ ${ENV_EXPANDS[$name]} == yes ]]; then
      problem "$name in .env has a \$ outside single quotes, so Compose would cut the value" "write $name='…' with single quotes"
    fi
  done
  compare_expected
  if [[ -f $DIR/.env && $(stat -L -c %a -- "$DIR/.env") != ?00 ]]; then
    warn ".env can be read by other accounts of this server; chmod 600 $DIR/.env closes it"
  fi
}

check_secrets() {
  local name
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
}

# compare_expected: what .env says otherwise than the definition. The definition's value is in the overlay, so it counts.
compare_expected() {
  local line name
  for line in "${EXPECTED[@]}"; do
    name=${line%%=*}
    [[ -z ${ENV_VALUE[$name]+set} || ${ENV_VALUE[$name]} == "${line#*=}" ]] ||
      warn "$name in .env is not '${line#*=}' as in the definition; the definition counts"
  done
  # The tag that stands in .env is not what is deployed; only another repository would be a disagreement.
  for line in "${EXPECTED_IMAGES[@]}"; do
    name=${line%%=*}
    [[ -z ${ENV_VALUE[$name]+set} || ${ENV_VALUE[$name]}: == "${line#*=}"[:@]* ]] ||
      warn "$name in .env is another image than '${line#*=}' of the definition; the definition counts"
  done
}

# environment_hash: changes when .env changes, so that a rotated secret is deployed although the image is the same.
environment_hash() {
  local sum
  [[ -f $DIR/.env ]] || { printf none; return 0; }
  sum=$(sha256sum <"$DIR/.env") || return 1
  printf '%s' "${sum%% *}"
}

# forget_environment: a variable of the account's session would win over .env. They are taken from what Compose is given, not from this
# shell: a compose file may well have a variable called IMAGE or DIR.
forget_environment() {
  local name
  for name in "${SECRETS[@]}" "${OPTIONAL_SECRETS[@]}" "${EXPECTED[@]%%=*}" "${EXPECTED_IMAGES[@]%%=*}" "${!COMPOSE_@}"; do
    case $name in
      '' | PATH | HOME) ;; # Docker itself needs them, and the overlay has no variable left
      *) FORGET+=(-u "$name") ;;
    esac
  done
}
