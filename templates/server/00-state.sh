# --- What the deploy knows ------------------------------------------------------------------------------------------

# From the tenant's settings and the request (load_settings).
TENANT='' DIR='' STATE='' PROJECT='' IMAGE='' REQUEST='' RELEASE='' DIGEST='' HEALTH_PORT='' BUNDLE=''
# What was there before, and where to go back to (work).
FROM_RELEASE='' FROM_DIGEST='' ROLLBACK_TARGET=''
# TOUCHED: no, yes (the switch began), rolling-back, healthy. It decides what an interrupted worker has to do.
IN_WORKER=no ENDED=no TOUCHED=no
LAST_STATUS=000 ENVIRONMENT=''
PROBLEMS=()
# The settings that may be repeated, and the words that keep the account's own variables away from Compose.
SERVICES=() CONTAINERS=() DIRECTORIES=() EXPECTED=() EXPECTED_IMAGES=() FORGET=()
