# image: what the image registry has, asked over its HTTP API, because the answer "not there" must be told from "no answer".
# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

say() {
  local text=${*//[[:cntrl:]]/ }
  printf '%s\n' "${text//'##['/'# ['}" >&2
}

# fail: ends the job with an annotation. On standard error, since a caller may capture the output; GitHub reads both.
fail() {
  local text=${1//[[:cntrl:]]/ }
  printf '::error title=Image::%s\n' "${text//'%'/%25}" >&2
  exit 1
}

readonly MANIFESTS='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

# --- The image registry --------------------------------------------------------------------------------------------

# Where the answer of the last request is, what the registry wants to see in the next one, and what was found.
WORK='' STATUS='' AUTHORIZATION='' FOUND_DIGEST='' FOUND_REVISION=''

# is_local: whether a registry is on the loopback address. Engines speak plain HTTP to such a one only.
is_local() { [[ $1 =~ ^(127\.0\.0\.1|localhost)(:[0-9]+)?$ ]]; }

# base: the API's address.
base() {
  local registry=${REPOSITORY%%/*} name=${REPOSITORY#*/} scheme=https
  if is_local "$registry"; then scheme=http; fi
  # Docker Hub's API is under another name than its images.
  [[ $registry != docker.io ]] || registry="registry-1.docker.io"
  printf '%s://%s/v2/%s' "$scheme" "$registry" "$name"
}

# ask: one request with curl, its body in a file of WORK, its status in STATUS. Secret headers come on standard input as a configuration
# of curl's: arguments can be seen by every process of the runner.
ask() {
  : >"$WORK/body"
  STATUS=$(curl --disable --silent --show-error --globoff --location --max-time 60 --retry 3 --config - \
    --dump-header "$WORK/headers" --output "$WORK/body" --write-out '%{http_code}' "$@")
}

# header: a header of the last answer; those of redirects in front of it do not count.
header() {
  local line value=
  while IFS= read -r line; do
    line=${line%$'\r'}
    case ${line,,} in
      http/*) value= ;;
      "$1:"*) value=${line#*:} ;;
    esac
  done <"$WORK/headers"
  printf '%s' "${value#"${value%%[! ]*}"}"
}

# field: one quoted value of a `WWW-Authenticate` header.
field() {
  [[ $2 =~ [[:space:],]"$1"=\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
  return 0
}

# is_safe_realm: a login is never sent in the open, except by a registry that is on this very machine.
is_safe_realm() {
  [[ $1 == https://* ]] && return 0
  is_local "${REPOSITORY%%/*}" && [[ $1 =~ ^http://(127\.0\.0\.1|localhost)[:/] ]]
}

# authorize: answers the registry's challenge with the header that it wants, into AUTHORIZATION. False when the login is not accepted.
authorize() {
  local challenge=$1 realm scope basic='' token
  if [[ $LOGIN == yes && -n $TOKEN ]]; then
    basic=$(printf '%s:%s' "${REGISTRY_USER-}" "$TOKEN" | base64 --wrap=0)
  fi
  if [[ ${challenge,,} == basic* ]]; then
    [[ -n $basic ]] || return 1
    AUTHORIZATION="Basic $basic"
    return 0
  fi
  realm=$(field realm "$challenge") scope=$(field scope "$challenge")
  is_safe_realm "$realm" || fail "the image registry asks for a login in a way that is not understood"
  ask --get "$realm" --data-urlencode "service=$(field service "$challenge")" \
    --data-urlencode "scope=${scope:-repository:${REPOSITORY#*/}:pull}" \
    < <([[ -z $basic ]] || printf 'header = "Authorization: Basic %s"\n' "$basic") || fail "the login of the image registry does not answer"
  case $STATUS in
    200) ;;
    401 | 403) return 1 ;;
    *) fail "the login of the image registry answers $STATUS" ;;
  esac
  token=$(jq --exit-status --raw-output '.token // .access_token' "$WORK/body") || fail "the login of the image registry gives no token"
  # It goes into a line of curl's configuration.
  [[ $token =~ ^[A-Za-z0-9._~+/=-]+$ ]] || fail "the login of the image registry gives a token that is none"
  AUTHORIZATION="Bearer $token"
}

# request: GET of a path below the repository.
request() {
  local path=$1 accept=$2 try
  for try in 1 2; do
    ask "$(base)/$path" < <(
      printf 'header = "Accept: %s"\n' "$accept"
      [[ -z $AUTHORIZATION ]] || printf 'header = "Authorization: %s"\n' "$AUTHORIZATION"
    ) || fail "the image registry of $REPOSITORY does not answer"
    [[ $STATUS == 401 && $try == 1 ]] || break
    authorize "$(header www-authenticate)" || break
  done
}

# find_digest: the digest of a tag into FOUND_DIGEST, empty when the registry does not have it. Anything else ends the job.
find_digest() {
  local tag=$1
  FOUND_DIGEST=''
  [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || fail "'$tag' is not a tag"
  request "manifests/$tag" "$MANIFESTS"
  case $STATUS in
    200) ;;
    404) return 0 ;;
    # GHCR answers like this for a repository that was never pushed to. If the login is wrong, the push will say so.
    401 | 403)
      [[ ${2-} != may-be-new ]] || return 0
      fail "the login may not read $REPOSITORY"
      ;;
    *) fail "the image registry of $REPOSITORY answers $STATUS" ;;
  esac
  FOUND_DIGEST=$(header docker-content-digest)
  [[ -n $FOUND_DIGEST ]] || FOUND_DIGEST=sha256:$(sha256sum "$WORK/body" | cut -d ' ' -f 1)
  [[ $FOUND_DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] || fail "the image registry gives no digest for $tag"
}

# get: what a path below the repository holds; it must be there.
get() {
  request "$1" "$2"
  [[ $STATUS == 200 ]] || fail "the image registry answers $STATUS for $1"
}

# find_revision: the commit that an image says it was built from, read from its configuration, into FOUND_REVISION.
find_revision() {
  local digest=$1
  get "manifests/$digest" "$MANIFESTS"
  # An index names one manifest for each platform, and attestations, whose platform is unknown.
  digest=$(jq --raw-output '[.manifests[]? | select(.platform.os != "unknown")][0].digest // empty' "$WORK/body") ||
    fail "the image's manifest cannot be read"
  [[ -z $digest ]] || get "manifests/$digest" "$MANIFESTS"
  digest=$(jq --raw-output '.config.digest // empty' "$WORK/body") || fail "the image's manifest cannot be read"
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "the image's manifest has no configuration"
  get "blobs/$digest" '*/*'
  FOUND_REVISION=$(jq --raw-output '.config.Labels["org.opencontainers.image.revision"] // empty' "$WORK/body") ||
    fail "the image's configuration cannot be read"
}

# --- What the jobs ask ---------------------------------------------------------------------------------------------

output() {
  say "$1=$2"
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# context: names the state of everything that can change the image: the context's tree, less what Tenantry itself
# writes. Adding a tenant therefore builds nothing, and a release restarts nobody it does not concern.
context() {
  local hash
  hash=$({
    printf '%s\0' "$BUILD_SETTINGS"
    context_tree
  } | sha256sum | cut -c 1-40) || fail "git does not tell the files of $CONTEXT"
  output tag "context-$hash"
  find_digest "context-$hash" may-be-new
  if [[ -n $FOUND_DIGEST ]]; then
    say "this context has been built already"
  fi
  output digest "$FOUND_DIGEST"
}

# context_tree: mode, kind, hash and name of each file of the context, NUL after each, since a name may hold a line break.
context_tree() {
  local entry
  git ls-tree -r -z --full-tree HEAD -- "$CONTEXT" | while IFS= read -r -d '' entry; do
    is_ours "${entry#*$'\t'}" || printf '%s\0' "$entry"
  done
}

is_ours() {
  local folder
  for folder in "${NOT_CONTEXT[@]}"; do
    [[ $1 == "$folder"* ]] && return 0
  done
  return 1
}

# follow: waits for another workflow's run of this very commit, then resolves the tag that it pushed.
follow() {
  local deadline=$((SECONDS + WAIT_MINUTES * 60)) state missed=0
  while :; do
    if state=$(workflow_run); then
      missed=0
    else
      # A bad moment of GitHub's own does not end a wait of an hour.
      missed=$((missed + 1))
      ((missed < 5)) || fail "GitHub does not tell the runs of '$WORKFLOW'"
      state=
    fi
    case $state in
      'completed success') break ;;
      'completed '*) fail "'$WORKFLOW' ended ${state#* } for $GITHUB_SHA; nothing is deployed" ;;
    esac
    ((SECONDS < deadline)) || fail "'$WORKFLOW' has no finished run of $GITHUB_SHA after $WAIT_MINUTES minutes"
    say "waiting for '$WORKFLOW': ${state:-no run yet}"
    sleep "$POLL_SECONDS"
  done
  find_digest "$TAG"
  [[ -n $FOUND_DIGEST ]] || fail "'$WORKFLOW' succeeded but did not push $REPOSITORY:$TAG"
  find_revision "$FOUND_DIGEST"
  [[ $FOUND_REVISION == "$GITHUB_SHA" ]] ||
    fail "$REPOSITORY:$TAG was built from '${FOUND_REVISION:-an unnamed commit}', not from $GITHUB_SHA"
  output digest "$FOUND_DIGEST"
}

# workflow_run: `<status> <conclusion>` of the newest run of WORKFLOW for this commit; empty when there is none.
workflow_run() {
  printf 'header = "Authorization: Bearer %s"\n' "$API_TOKEN" |
    curl --disable --silent --show-error --fail --max-time 30 --retry 3 --config - --get "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs" \
      --header 'Accept: application/vnd.github+json' --data-urlencode "head_sha=$GITHUB_SHA" --data-urlencode event=push --data-urlencode per_page=100 |
    jq --raw-output --arg name "$WORKFLOW" --arg sha "$GITHUB_SHA" '
      [.workflow_runs[] | select(.name == $name and .head_sha == $sha)] | sort_by(.run_number) | last // empty
      | "\(.status) \(.conclusion // "")"'
}

# merge: one name for the images that each platform's own runner has pushed.
merge() {
  local digest references=()
  for digest in $DIGESTS; do
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "a build gave no digest: '$digest'"
    references+=("$REPOSITORY@$digest")
  done
  # A missing one would be missed only by the servers of that platform.
  ((${#references[@]} == PLATFORMS)) || fail "${#references[@]} builds gave a digest, and there are $PLATFORMS platforms"
  docker buildx imagetools create --tag "$REPOSITORY:$TAG" --tag "$REPOSITORY:sha-$GITHUB_SHA" "${references[@]}" >&2 ||
    fail "the images of the platforms cannot be given one name"
  find_digest "$TAG"
  [[ -n $FOUND_DIGEST ]] || fail "the image registry does not have $REPOSITORY:$TAG"
  output digest "$FOUND_DIGEST"
}

main() {
  export LC_ALL=C
  # Out of the environment at once, so that no program started here gets them.
  TOKEN=${REGISTRY_TOKEN-} API_TOKEN=${GH_TOKEN-}
  unset REGISTRY_TOKEN GH_TOKEN
  WORK=$(mktemp -d)
  trap 'rm -rf -- "$WORK"' EXIT
  case ${1-} in
    context) context ;;
    follow) follow ;;
    merge) merge ;;
    *)
      printf 'usage: image.sh context|follow|merge\n' >&2
      exit 64
      ;;
  esac
}
