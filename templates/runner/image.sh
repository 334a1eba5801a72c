# image: what the image registry has, asked over its HTTP API, because the answer "not there" must be told from "no answer".
# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

say() { printf '%s\n' "${*//[[:cntrl:]]/ }" >&2; }
fail() {
  # Standard output may be captured by a caller; GitHub reads both.
  printf '::error title=Image::%s\n' "${1//[[:cntrl:]]/ }" >&2
  exit 1
}

readonly MANIFESTS='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

# base: the API's address. Engines speak plain HTTP to a registry on the loopback address only.
base() {
  local registry=${REPOSITORY%%/*} name=${REPOSITORY#*/}
  case $registry in
    127.0.0.1:* | localhost:*) printf 'http://%s/v2/%s' "$registry" "$name" ;;
    *) printf 'https://%s/v2/%s' "$registry" "$name" ;;
  esac
}

# authorize: the header that the registry wants, into AUTHORIZATION. The login is read from the environment and handed to curl
# in a configuration on standard input: arguments can be seen by every process of the runner.
AUTHORIZATION=''
authorize() {
  local challenge=$1 realm service scope basic
  [[ -n ${REGISTRY_TOKEN-} ]] || return 0
  basic=$(printf '%s:%s' "$REGISTRY_USER" "$REGISTRY_TOKEN" | base64 --wrap=0)
  if [[ ${challenge,,} == basic* ]]; then
    AUTHORIZATION="Basic $basic"
    return 0
  fi
  [[ $challenge =~ realm=\"([^\"]*)\" ]] && realm=${BASH_REMATCH[1]}
  [[ $challenge =~ service=\"([^\"]*)\" ]] && service=${BASH_REMATCH[1]}
  [[ $challenge =~ scope=\"([^\"]*)\" ]] && scope=${BASH_REMATCH[1]}
  [[ ${realm-} == https://* ]] || fail "the image registry asks for a login in a way that is not understood"
  AUTHORIZATION="Bearer $(printf 'header = "Authorization: Basic %s"\n' "$basic" |
    curl --silent --show-error --fail --max-time 30 --retry 3 --config - --get "$realm" \
      --data-urlencode "service=${service-}" --data-urlencode "scope=${scope:-repository:${REPOSITORY#*/}:pull}" |
    jq --exit-status --raw-output '.token // .access_token')" || fail "the image registry does not accept the login"
}

# request: GET of a path below the repository. Prints the body; the status is in STATUS, the headers in the file HEADERS.
request() {
  local path=$1 accept=$2 try
  for try in 1 2; do
    STATUS=$({
      printf 'header = "Accept: %s"\n' "$accept"
      [[ -z $AUTHORIZATION ]] || printf 'header = "Authorization: %s"\n' "$AUTHORIZATION"
    } | curl --silent --show-error --location --max-time 60 --retry 3 --config - \
      --dump-header "$WORK/headers" --output "$WORK/body" --write-out '%{http_code}' "$(base)/$path") ||
      fail "the image registry of $REPOSITORY does not answer"
    [[ $STATUS == 401 && $try == 1 ]] || break
    authorize "$(header www-authenticate)"
  done
}

header() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ ${line,,} == "$1:"* ]] && printf '%s' "${line#*: }" && return 0
  done <"$WORK/headers"
  return 0
}

# digest_of: the digest of a tag, empty when the registry does not have it. Anything else ends the job.
digest_of() {
  local digest
  request "manifests/$1" "$MANIFESTS"
  case $STATUS in
    200) ;;
    404) return 0 ;;
    # GHCR answers like this for a repository that was never pushed to.
    403) [[ ${2-} == may-be-new ]] && return 0; fail "the login may not read $REPOSITORY" ;;
    *) fail "the image registry of $REPOSITORY answers $STATUS" ;;
  esac
  digest=$(header docker-content-digest)
  [[ -n $digest ]] || digest=sha256:$(sha256sum "$WORK/body" | cut -d ' ' -f 1)
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "the image registry gives no digest for $1"
  printf '%s' "$digest"
}

output() {
  say "$1=$2"
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# context: names the state of everything that can change the image: the context's tree, less what Tenantry itself
# writes. Adding a tenant therefore builds nothing, and a release restarts nobody it does not concern.
context() {
  local hash digest
  hash=$({
    printf '%s\n' "$BUILD_SETTINGS"
    git ls-tree -r --full-tree HEAD -- "$CONTEXT" | while IFS= read -r line; do
      is_ours "${line#*$'\t'}" || printf '%s\n' "$line"
    done
  } | sha256sum | cut -c 1-40)
  output tag "context-$hash"
  digest=$(digest_of "context-$hash" may-be-new)
  if [[ -n $digest ]]; then
    say "this context has been built already"
  fi
  output digest "$digest"
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
  local deadline=$((SECONDS + WAIT_MINUTES * 60)) state digest revision
  while :; do
    state=$(workflow_run) || fail "GitHub does not tell the runs of '$WORKFLOW'"
    case $state in
      'completed success') break ;;
      'completed '*) fail "'$WORKFLOW' ended ${state#* } for $GITHUB_SHA; nothing is deployed" ;;
    esac
    ((SECONDS < deadline)) || fail "'$WORKFLOW' has no finished run of $GITHUB_SHA after $WAIT_MINUTES minutes"
    say "waiting for '$WORKFLOW': ${state:-no run yet}"
    sleep "$POLL_SECONDS"
  done
  digest=$(digest_of "$TAG")
  [[ -n $digest ]] || fail "'$WORKFLOW' succeeded but did not push $REPOSITORY:$TAG"
  revision=$(revision_of "$digest")
  [[ $revision == "$GITHUB_SHA" ]] || fail "$REPOSITORY:$TAG was built from '${revision:-an unnamed commit}', not from $GITHUB_SHA"
  output digest "$digest"
}

# merge: one name for the images that each platform's own runner has pushed.
merge() {
  local digest references=()
  for digest in $DIGESTS; do
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "a build gave no digest: '$digest'"
    references+=("$REPOSITORY@$digest")
  done
  docker buildx imagetools create --tag "$REPOSITORY:$TAG" --tag "$REPOSITORY:sha-$GITHUB_SHA" "${references[@]}" >&2
  digest=$(digest_of "$TAG")
  [[ -n $digest ]] || fail "the image registry does not have $REPOSITORY:$TAG"
  output digest "$digest"
}

# workflow_run: `<status> <conclusion>` of the newest run of WORKFLOW for this commit; empty when there is none.
workflow_run() {
  printf 'header = "Authorization: Bearer %s"\n' "$GH_TOKEN" |
    curl --silent --show-error --fail --max-time 30 --retry 3 --config - --get "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs" \
      --header 'Accept: application/vnd.github+json' --data-urlencode "head_sha=$GITHUB_SHA" --data-urlencode event=push --data-urlencode per_page=100 |
    jq --raw-output --arg name "$WORKFLOW" '[.workflow_runs[] | select(.name == $name)] | sort_by(.run_number) | last // empty | "\(.status) \(.conclusion // "")"'
}

# revision_of: the commit that an image says it was built from, read from its configuration.
revision_of() {
  local digest=$1 manifest
  request "manifests/$digest" "$MANIFESTS"
  [[ $STATUS == 200 ]] || fail "the image registry answers $STATUS for $digest"
  manifest=$(jq --raw-output '[.manifests[]? | select(.platform.os != "unknown")][0].digest // empty' "$WORK/body")
  if [[ -n $manifest ]]; then
    request "manifests/$manifest" "$MANIFESTS"
    [[ $STATUS == 200 ]] || fail "the image registry answers $STATUS for $manifest"
  fi
  digest=$(jq --exit-status --raw-output '.config.digest' "$WORK/body") || fail "the image's manifest has no configuration"
  request "blobs/$digest" '*/*'
  [[ $STATUS == 200 ]] || fail "the image registry answers $STATUS for the image's configuration"
  jq --raw-output '.config.Labels["org.opencontainers.image.revision"] // empty' "$WORK/body"
}

main() {
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
