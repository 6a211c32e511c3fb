//! What the help of commands says beside their arguments.

pub(super) const RUN_EXAMPLES: &str = r#"Each line of FILE is one message to one actor:

  {"to":"wallet/alice","method":"deposit","args":250,"key":"tx-1"}

  to      kind/key: the kind is a built-in one, the key any 1 to 256 bytes without control
          characters
  method  what to run
  args    any JSON; null if it is missing
  key     names the message: another one to the same actor with the same key is a duplicate, and
          changes nothing, for as long as --key-window says. A line without a key gets one from
          its content and its number among equal lines, so that running a file again changes
          nothing; see --batch

Messages to one actor are handled in the order of their lines. Empty lines are skipped. A line that
is no message ends the run once all lines before it are done, unless --keep-going.

Built-in kinds:
  tally   add <integer>; totals (query)
  teller  transfer {"from":"alice","to":"bob","cents":5}
  wallet  deposit <cents>, withdraw <cents>, transfer {"to":"bob","cents":5}; balance (query)
  order   place {"wallet":"alice","cents":5,"merchant":"acme"}; status (query)

Examples:
  loom run messages.jsonl
  examples/tally/packages.sh | loom run --data tally-data -
  echo '{"to":"wallet/alice","method":"deposit","args":250,"key":"tx-1"}' | loom run -
"#;

pub(super) const DEV_EXAMPLES: &str = r"Routes; a key must be percent-encoded (wallet/a%2Fb%20c):

  POST /v1/actors/{kind}/{key}/{method}         run a method; the body is its arguments, as JSON
  POST /v1/actors/{kind}/{key}/{method}/send    accept a message (202), and handle it later
  POST /v1/actors/{kind}/{key}/events/{name}    tell an actor that an event happened
  GET  /v1/actors/{kind}/{key}/state            its state, as last committed
  GET  /v1/actors/{kind}/{key}/journal          its records; ?from=SEQ&limit=N
  GET  /v1/dead-letters                         messages that were given up; ?limit=N&from=CURSOR
  POST /v1/dead-letters/{id}/replay             have one handled again
  PUT  /workflows/{name}/versions/{version}     publish a workflow; the body is its definition
  ANY  /workflows/{name}/triggers/{trigger}/paths/invoke    start a run, and get its Response
  GET  /workflows/{name}/runs                   its runs; /{run}, and /{run}/actions, show more
  POST /workflows/{name}/runs/{run}/cancel      also suspend, resume, rerun, decisions/{path}
  GET  /health, /ready

A POST below /v1/actors with the header `Idempotency-Key` (1 to 256 bytes) is carried out once per actor and
key; a duplicate gets the same reply, and `Idempotency-Replayed: true`. Errors are problem details
(RFC 9457) whose `type` is stable.

Hosts with the same --redis and --redis-prefix are one cluster, and each of them takes requests to
any actor.

Examples:
  loom dev
  loom dev --redis redis://127.0.0.1 --listen 127.0.0.1:7071
  curl -d 250 -H 'content-type: application/json' -H 'idempotency-key: tx-1' \
       http://127.0.0.1:7070/v1/actors/wallet/alice/deposit
  curl http://127.0.0.1:7070/v1/actors/wallet/alice/state
";

pub(super) const SERVE_EXAMPLES: &str = "\
loom.example.toml has every setting, its default and what it means. Paths in the file are relative
to it. An environment variable wins over the file: LOOM_, then the table and the setting in
capitals, as LOOM_HOST_LEASE_SECONDS. `loom config check` prints what a file and the environment
say together.

Examples:
  loom config check --config loom.toml
  loom serve --config loom.toml
  LOOM_LISTEN=127.0.0.1:7071 loom serve --config loom.toml";

pub(super) const CONFIG_EXAMPLES: &str = "\
A mistake ends it with 78, and says in which line, of which setting, and what to do:

  LOOM-A001  the file is not TOML
  LOOM-A002  there is no such setting
  LOOM-A003  a setting is missing
  LOOM-A004  a setting cannot have this value
  LOOM-A005  a password, or another secret, is in the file, or may be in an address
  LOOM-A006  it would lose what a production host promises to keep, or is for development
  LOOM-A007  two settings contradict each other
  LOOM-A008  a file or a variable that a setting names is not there
  LOOM-A009  other machines could use the host, which asks nobody who they are
  LOOM-A010  a key of an Azure account opens all that is in it
  LOOM-A011  what is sent could be read on its way
  LOOM-A012  this program was built without what it needs
  LOOM-A013  it is set, and nothing uses it
  LOOM-A014  no other machine could call runs of workflows back

Profiles, the setting `profile`: production, the default, tells A013 and A014 and refuses all
others; staging also takes, and tells, A010 and what is for development; development and testing
take A006, A010, A011, A013 and A014.

Names that other guides have fill the tables that the file has, and no others: REDIS_URL, or
REDIS_HOST with REDIS_PORT (6380 is TLS), REDIS_USERNAME, REDIS_PASSWORD; COSMOS_ENDPOINT, COSMOS_KEY,
COSMOS_DATABASE, COSMOS_REGION; AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_CONTAINER; KEY_VAULT_URL or
KEYVAULT_URL; AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET; NODE_ENV is the profile if
nothing else says it. LOOM_REDIS_URL is another name of LOOM_STORE_URLS.

Examples:
  loom config check
  loom config check --config loom.toml --offline --json";

pub(super) const SECRETS_EXAMPLES: &str = "\
The secrets are where the file says: in the vault of [key_vault], or encrypted with the keys of
[secrets]. `rotate` encrypts with the first of these keys what an older one has encrypted; after it
the older ones are not needed any more.

Examples:
  printf %s \"$TOKEN\" | loom secrets set merchant-acme
  loom secrets list --json
  loom secrets --config loom.toml rotate";

pub(super) const CLUSTER_EXAMPLES: &str = "\
Examples:
  loom dev --redis redis://127.0.0.1 --listen 127.0.0.1:7070
  loom dev --redis redis://127.0.0.1 --listen 127.0.0.1:7071
  loom cluster status --redis redis://127.0.0.1
  loom cluster status --config loom.toml --json";

pub(super) const JOURNAL_EXAMPLES: &str = "\
Examples:
  loom journal show wallet/alice --limit 20
  loom journal state wallet/alice --at 17 --json
  loom journal verify
  loom journal verify --redis redis://127.0.0.1
  loom journal show wallet/alice --config loom.toml";

pub(super) const WORKFLOW_EXAMPLES: &str = "\
A definition is JSON in the Workflow Definition Language (schema 2016-06-01): by itself, as a Standard
workflow's `workflow.json`, or in an ARM template.

Examples:
  loom workflow validate --strict workflow.json
  loom workflow run workflow.json --input @order.json
  loom workflow run workflow.json --input @order.json --mock answers.json
  loom workflow status workflow/08584419
  loom workflow list workflow --status Failed
  loom workflow resume workflow/08584419 --from Send_mail
  loom workflow graph workflow.json > workflow.mmd
  loom workflow graph --format svg workflow.json > workflow.svg
  loom workflow check-expressions cases.jsonl
  loom workflow check-runs cases/ --json";

#[cfg(feature = "azure")]
pub(super) const COSMOS_EXAMPLES: &str = "\
COSMOS_KEY is a key of the account. Without it whoever is signed in to the command line of Azure is
asked for a token; the service lets no token create a database.

Examples:
  loom cosmos provision --config loom.toml
  loom cosmos provision --endpoint https://acme.documents.azure.com --dry-run
  COSMOS_KEY=... loom cosmos provision --endpoint https://acme.documents.azure.com";
