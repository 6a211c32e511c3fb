-- Shared beginning of the scripts that must know whether the server has forgotten something.

-- Names what the server and its replicas have been told since it became what it is. Another one after
-- each restart, and once a replica has taken over.
local function past()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end
