-- Shared beginning of the scripts that must know whether the server has forgotten something.

-- Names what the server and its replicas have been told since it became what it is. Another one after
-- each restart, and once a replica has taken over. It does not change while a script runs.
local replid
local function past()
  if not replid then
    local told = redis.call('INFO', 'replication')
    local _, ends = string.find(told, 'master_replid:', 1, true)
    replid = string.sub(told, ends + 1, ends + 40)
  end
  return replid
end
