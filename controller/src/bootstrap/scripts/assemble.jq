# Files of the node, from what the scripts know and from secrets. Errors name a secret, and show nothing of it.

. as $root
| def controlled: any(explode[]; . < 32 or (. > 126 and . < 160));

def text:
  . as $source
  | if .public then .public else
      $secrets[0][.secret] as $value
      | ($root.secrets[.secret] + (if .key then " (\(.key))" else "" end)) as $name
      | (if $value == null then error("the secret \($name) holds no text")
         elif $source.key then
           # In a list, or jq 1.6 would catch here what fails further on.
           ([try ($value | fromjson) catch null] | .[0]) as $object
           | if $object | type != "object" then error("the secret \($name) is no JSON object")
             else $object[$source.key] end
         else $value end)
      | if type != "string" or . == "" then error("the secret \($name) has no such text") else . end
      | rtrimstr("\n")
      | if controlled then error("the secret \($name) has control characters or several lines") else . end
    end;

# A string of JSON is one of TOML.
def setting($name; $value): "\($name) = \($value | tojson)";

# Each chain once, with all its endpoints.
def endpoints:
  .endpoints | group_by(.chainId)[]
  | "[[EVM]]", setting("ChainID"; .[0].chainId),
    (.[] | "[[EVM.Nodes]]", setting("Name"; .name),
      setting("HTTPURL"; .HTTPURL | text), (.WSURL | values | setting("WSURL"; text)));

def url:
  .database
  | "postgresql://\(.user):\($root.passwords.database | text | @uri)@\($host):\(.port)/\(.name)"
    + "?sslmode=verify-full&sslrootcert=/chainlink/rds.pem";

# Everything that is not to be seen, the longest first: one may be a part of another. Also the parts of it that look
# like keys: a URL may be shown otherwise than it was written.
def hidden:
  [.passwords[], (.endpoints[] | .HTTPURL, (.WSURL | values)) | select(.secret) | text
    | ., @uri, (tojson | .[1:-1]), (splits("[^A-Za-z0-9_.~-]+") | select(length > 7))]
  | unique | map(select(length > 3)) | sort_by(-length);

if $what == "endpoints.toml" then endpoints
  elif $what == "secrets.toml" then
    "[Database]", setting("URL"; url), "[Password]", setting("Keystore"; .passwords.keystore | text)
  elif $what == "api" then .adminEmail, (.passwords.admin | text)
  elif $what == "hidden" then reduce hidden[] as $secret ($ARGS.named.said; split($secret) | join("…"))
  else error("no such file") end
